#include "molbridge/service/link_marks.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/service/graph_input.hpp"

namespace molbridge::service {

LinkMarks::LinkMarks(const graph::Graph& graph, std::vector<std::string> edge_files,
                     const std::vector<std::uint32_t>& queried)
    : graph_(graph) {
  for (const std::string& file : edge_files) files_.push_back(base_name(file));
  for (const std::uint32_t node : queried) links_.try_emplace(node);
  for (std::uint32_t k = 0; k < graph.edges().size(); ++k) {
    const graph::Edge& edge = graph.edges()[k];
    if (const auto head = links_.find(edge.head); head != links_.end()) head->second[edge.tail].push_back({k, false});
    if (const auto tail = links_.find(edge.tail); tail != links_.end()) tail->second[edge.head].push_back({k, true});
  }
}

std::size_t LinkMarks::count(std::uint32_t queried) const {
  const auto of_query = links_.find(queried);
  return of_query == links_.end() ? 0 : of_query->second.size();
}

LinkMarks::Mark LinkMarks::between(std::uint32_t queried, std::uint32_t other, const std::string& relation) const {
  Mark mark;
  const auto of_query = links_.find(queried);
  if (of_query == links_.end()) return mark;
  const auto found = of_query->second.find(other);
  if (found == of_query->second.end()) return mark;
  for (const Link& link : found->second) {
    const graph::Edge& edge = graph_.edges()[link.edge];
    const std::string& name = graph_.relations()[edge.relation].name;
    const bool inverse = link.inverse && !graph_.is_symmetric(edge.relation);
    const std::string file = edge.file < files_.size() ? files_[edge.file] : "";
    mark.edges +=
        (mark.edges.empty() ? "" : ", ") + std::string(inverse ? "inverse of " : "") + name + " (" + file + ")";
    if (name != relation || inverse) continue;
    mark.asked = true;
    mark.files += (mark.files.empty() ? "" : ", ") + file;
  }
  return mark;
}

}  // namespace molbridge::service
