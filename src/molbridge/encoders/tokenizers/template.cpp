#include "molbridge/encoders/tokenizers/template.hpp"

#include <algorithm>
#include <limits>

namespace molbridge::encoders {
namespace {

std::int32_t read_id(const JsonFields& fields) {
  const auto id = fields.integer();
  if (id < 0 || id > std::numeric_limits<std::int32_t>::max()) fields.refuse("is no token id");
  return static_cast<std::int32_t>(id);
}

Template read_pair(const JsonFields& fields) {  // "sep": ["</s>", 2], "cls": ["<s>", 0]
  return enclosing_template(read_id(fields.at("cls").at(std::size_t{1})), read_id(fields.at("sep").at(std::size_t{1})));
}

Template read_pieces(const JsonFields& fields) {
  Template made;
  made.parts.clear();
  fields.at("single").each_element([&](const JsonFields& piece) {
    if (const auto sequence = piece.find("Sequence")) {
      if (sequence->text("id") != "A") sequence->refuse("a template for one text has no sequence B");
      made.parts.push_back(Template::kText);
      return;
    }
    const auto name = piece.at("SpecialToken").text("id");
    const auto token = fields.at("special_tokens").find(name);
    if (!token) piece.refuse("special_tokens lacks '" + name + "'");
    token->at("ids").each_element([&](const JsonFields& id) { made.parts.push_back(read_id(id)); });
  });
  if (std::find(made.parts.begin(), made.parts.end(), Template::kText) == made.parts.end())
    fields.refuse("the template leaves out the text");
  return made;
}

}  // namespace

std::int64_t Template::added() const {
  return std::count_if(parts.begin(), parts.end(), [](std::int32_t part) { return part != kText; });
}

Template enclosing_template(std::int32_t before, std::int32_t after) {
  Template made;
  made.parts = {before, Template::kText, after};
  return made;
}

Template read_template(const JsonFields& fields) {
  const auto type = fields.type();
  if (type == "TemplateProcessing") return read_pieces(fields);
  if (type == "BertProcessing" || type == "RobertaProcessing") return read_pair(fields);
  if (type == "ByteLevel") return {};
  if (type != "Sequence") fields.refuse("the post-processor '" + type + "' is not known");
  Template made;
  fields.at("processors").each_element([&](const JsonFields& step) {
    auto next = read_template(step);
    if (next.parts.size() == 1) return;
    if (made.parts.size() > 1) step.refuse("a second template in one sequence is not supported");
    made = std::move(next);
  });
  return made;
}

}  // namespace molbridge::encoders
