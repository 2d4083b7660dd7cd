#pragma once
// A trained model of a typed graph as `link` and `graph evaluate` use it: a head entity and a relation in, a query vector out that ranks the
// entities of a type. What is new (in no graph) is encoded on the fly where the model can. Format page: docs/formats/biobridge.md.
//
// TransE, DistMult, ComplEx and RotatE are LinkModels as well: each brings its score to one product of a query and a tail vector (a distance
// |q - t| ranks as 2 q.t - |t|^2: a component more).

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::retrieve {

struct LinkEntity {
  std::string type;  ///< of a node, "compound"
  std::string
      content;  ///< SMILES, sequence or text, by the modality of the type; unused by models that know nodes alone
  std::string node_id;  ///< "" for what is in no graph
};

struct LinkRelation {
  std::string name, head_type, tail_type;
  bool operator==(const LinkRelation&) const = default;
};

struct LinkNodeType {
  std::string name;
  std::string modality;        ///< "molecule", "protein", "text"; "" where the model knows nodes alone
  std::string encoder;         ///< specification of the frozen encoder; "" as above
  std::string encoder_digest;  ///< "" as above
};

struct EntityVectors {
  std::vector<float> rows;  ///< [B * D]; zeros where there is a reason
  std::vector<std::string>
      reasons;  ///< [B], empty where a row stands: "not an amino acid sequence", "node unknown to the model"
  std::uint64_t truncated = 0;  ///< texts longer than their encoder takes; their heads count
};

struct LinkModelOptions {
  /// By modality ("molecule", "protein", "text"): where the frozen encoder lies on this machine, if not where the model says. An encoder of
  /// another digest is refused.
  std::map<std::string, std::string> encoders;
  std::string cache_folder;  ///< for frozen vectors and lengths of banks; "": memory only
};

/// Threads: const use is safe. Deterministic: a vector depends on its entity and relation alone, not on its neighbours or `threads`.
class LinkModel {
 public:
  /// Opens weights and manifest; encoders are opened when an entity of their modality comes first. Errors: kModel when the folder is missing,
  /// damaged, of a newer format or of another kind.
  static std::shared_ptr<const LinkModel> load(const std::string& folder, const LinkModelOptions& options = {});
  virtual ~LinkModel() = default;

  virtual std::string name() const = 0;
  virtual std::string digest() const = 0;           ///< of the model folder
  virtual std::uint64_t width() const = 0;          ///< D of query and tail vectors
  virtual bank::Similarity similarity() const = 0;  ///< by which tails are ranked
  virtual const std::vector<LinkNodeType>& node_types() const = 0;
  /// Those of training. heads() takes a known name with other types, too, where the model can (zero-shot): see is_zero_shot().
  virtual const std::vector<LinkRelation>& relations() const = 0;
  /// Whether entities outside the training graph have vectors.
  virtual bool takes_new_entities() const = 0;

  /// Query vectors. Shapes: rows [heads.size() * D]. Errors: kInput with the nearest names for an unknown type or relation; kModel for an encoder
  /// that is not there or of another digest.
  virtual EntityVectors heads(std::span<const LinkEntity> heads, const LinkRelation& relation,
                              std::size_t threads) const = 0;
  /// Vectors of candidates, rows of a bank::MemoryTable; entity.type is not read, all are of `type`. Errors: as heads().
  virtual EntityVectors tails(std::span<const LinkEntity> tails, const std::string& type,
                              std::size_t threads) const = 0;
  /// The bank in the space of the tails of `type`, whose modality must be "molecule". Errors: kModel when the bank was made by another encoder than
  /// that of the type, or the model has no vectors for molecules outside its graph.
  virtual std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank> bank, const std::string& type,
                                                 std::size_t threads) const = 0;

  /// The type as the model knows it. Errors: kInput with the nearest name.
  const LinkNodeType& node_type(const std::string& name) const;
  /// Whether the model was not trained on this very triple of relation, head type and tail type.
  bool is_zero_shot(const LinkRelation& relation) const;
};

}  // namespace molbridge::retrieve
