// SDF: MOL blocks (V2000, V3000) with data fields, records end at "$$$$". A lone MOL file is one record.

#include <algorithm>
#include <string>
#include <utility>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/chem/readers.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

/// What `field` means, by its place among the synonyms; smaller is better.
struct Ranked {
  std::string value;
  std::size_t rank = static_cast<std::size_t>(-1);

  void offer(std::string_view text, std::size_t new_rank) {
    if (new_rank >= rank) return;
    value = clean_text(text);
    if (!value.empty()) rank = new_rank;
  }
};

std::size_t rank_of(std::string_view field, const std::string& wanted, std::span<const std::string_view> synonyms) {
  if (!wanted.empty()) return iequals(field, wanted) ? 0 : static_cast<std::size_t>(-1);
  const auto found = std::find(synonyms.begin(), synonyms.end(), normalize_column(field));
  return found == synonyms.end() ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(found - synonyms.begin());
}

/// ">  25 <MELTING.POINT> (CAS-1)" names MELTING.POINT.
std::string_view field_name(std::string_view line) {
  const std::size_t open = line.find('<');
  const std::size_t close = line.rfind('>');
  return open == std::string_view::npos || close <= open ? std::string_view() : line.substr(open + 1, close - open - 1);
}

class SdfReader : public MoleculeReader {
 public:
  SdfReader(std::unique_ptr<LineSource> lines, MoleculeReadOptions options)
      : lines_(std::move(lines)), options_(std::move(options)) {}

  std::optional<MoleculeRow> next() override {
    Draft draft;
    bool anything = false;
    while (lines_->next_line(text_)) {
      if (text_.starts_with("$$$$")) {
        if (anything) return finish(std::move(draft));
        draft = Draft{};
        continue;
      }
      if (draft.first_line == 0) draft.first_line = lines_->line_number();
      anything = anything || !trim(text_).empty();
      take(draft);
    }
    if (!anything) return std::nullopt;
    return finish(std::move(draft));
  }
  std::uint64_t bytes_read() const override { return lines_->bytes_read(); }
  std::uint64_t bytes_total() const override { return lines_->bytes_total(); }

 private:
  struct Draft {
    std::uint64_t first_line = 0;
    std::string block;
    std::string title;
    bool block_ended = false;
    bool too_large = false;
    std::string field;  // data field whose value comes next
    Ranked name, id, source;
  };

  void take(Draft& draft) {
    if (draft.block_ended) return take_data(draft);
    if (lines_->line_number() == draft.first_line) draft.title = text_;
    if (draft.block.size() + text_.size() > kMaxMolBlockLength) {
      draft.too_large = true;  // the rest of the record is passed over
    } else {
      draft.block += text_;
      draft.block += '\n';
    }
    draft.block_ended = text_.starts_with("M  END");
  }

  void take_data(Draft& draft) {
    if (text_.starts_with('>')) {
      draft.field = field_name(text_);
      return;
    }
    if (draft.field.empty() || trim(text_).empty()) return draft.field.clear();
    draft.name.offer(text_, rank_of(draft.field, options_.name_column, name_synonyms()));
    draft.id.offer(text_, rank_of(draft.field, options_.id_column, id_synonyms()));
    draft.source.offer(text_, rank_of(draft.field, {}, source_synonyms()));
    draft.field.clear();  // the first line of a value is enough
  }

  static MoleculeRow finish(Draft draft) {
    MoleculeRow row{.line = draft.first_line};
    if (draft.too_large) {
      row.failure = "record of more than 4 MiB";
    } else if (!draft.block_ended) {
      row.failure = "no 'M  END': the record is cut short or is not a MOL block";
    }
    if (row.failure) return row;
    const std::string title = clean_text(draft.title);
    row.molblock = std::move(draft.block);
    row.name = draft.name.value.empty() ? title : draft.name.value;
    row.id = draft.id.value.empty() && !draft.name.value.empty() ? title : draft.id.value;
    row.source = draft.source.value;
    return row;
  }

  std::unique_ptr<LineSource> lines_;
  MoleculeReadOptions options_;
  std::string text_;
};

}  // namespace

std::unique_ptr<MoleculeReader> make_sdf_reader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions& options) {
  return std::make_unique<SdfReader>(std::move(lines), options);
}

}  // namespace molbridge::chem
