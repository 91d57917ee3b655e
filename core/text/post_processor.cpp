#include "core/text/post_processor.h"

#include "core/text/json_fields.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr const char* kSupported = "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence";

// The ids that the template's table of special tokens gives to `name`.
Status appendSpecial(const Json& spec, const std::string& name, const std::string& place, std::vector<int32_t>& out) {
  const Json* table = jsonMember(spec, "special_tokens");
  const Json* entry = table != nullptr && table->is_object() ? jsonMember(*table, name.c_str()) : nullptr;
  if (entry == nullptr || !entry->is_object()) {
    return fail("{}: the template names the special token \"{}\", which special_tokens does not list", place, name);
  }
  const Json* ids = jsonMember(*entry, "ids");
  if (ids == nullptr || !ids->is_array()) return fail("{}.special_tokens[\"{}\"].ids: expected an array", place, name);
  for (const Json& id : *ids) {
    TRY_ASSIGN(const int32_t value, requireInt(Json{{"id", id}}, "id", 0, place + ".special_tokens"));
    out.push_back(value);
  }
  return {};
}

Result<PostProcessor> makeTemplate(const Json& spec, const std::string& place) {
  TRY_ASSIGN(const Json::array_t* parts, requireObjects(spec, "single", place));
  PostProcessor made;
  int sequences = 0;
  for (size_t i = 0; i < parts->size(); ++i) {
    const std::string here = fmt::format("{}.single[{}]", place, i);
    const Json& part = (*parts)[i];
    const Json* sequence = jsonMember(part, "Sequence");
    const Json* special = jsonMember(part, "SpecialToken");
    const Json* inner = sequence != nullptr ? sequence : special;
    if (inner == nullptr || !inner->is_object()) return fail("{}: expected a Sequence or a SpecialToken", here);
    TRY_ASSIGN(const std::string name, requireText(*inner, "id", here));
    if (sequence != nullptr) {
      if (name != "A") return fail("{}: expected the sequence A, found \"{}\"", here, name);
      ++sequences;
    } else {
      TRY_STATUS(appendSpecial(spec, name, place, sequences == 0 ? made.before : made.behind));
    }
  }
  if (sequences != 1) return fail("{}.single: expected the sequence A once, found it {} times", place, sequences);
  return made;
}

// `sep` and `cls`: a text and its id.
Result<int32_t> pairId(const Json& spec, const char* name, const std::string& place) {
  const Json* pair = jsonMember(spec, name);
  if (pair == nullptr || !pair->is_array() || pair->size() != 2) {
    return fail("{}.{}: expected a token and its id", place, name);
  }
  return requireInt(Json{{"id", (*pair)[1]}}, "id", 0, fmt::format("{}.{}", place, name));
}

}  // namespace

Result<PostProcessor> makePostProcessor(const Json& spec, const std::string& place) {
  if (spec.is_null()) return PostProcessor{};
  if (!spec.is_object()) return fail("{}: expected an object, found {}", place, spec.type_name());
  TRY_ASSIGN(const std::string kind, requireText(spec, "type", place));
  if (kind == "ByteLevel") return PostProcessor{};
  if (kind == "TemplateProcessing") return makeTemplate(spec, place);
  if (kind == "BertProcessing" || kind == "RobertaProcessing") {
    TRY_ASSIGN(const int32_t first, pairId(spec, "cls", place));
    TRY_ASSIGN(const int32_t last, pairId(spec, "sep", place));
    return PostProcessor{{first}, {last}};
  }
  if (kind != "Sequence") return fail("{}: unknown kind \"{}\"; supported are {}", place, kind, kSupported);
  TRY_ASSIGN(const Json::array_t* specs, requireObjects(spec, "processors", place));
  PostProcessor all;
  for (size_t i = 0; i < specs->size(); ++i) {
    TRY_ASSIGN(PostProcessor next, makePostProcessor((*specs)[i], fmt::format("{}.processors[{}]", place, i)));
    all.before.insert(all.before.begin(), next.before.begin(), next.before.end());
    all.behind.insert(all.behind.end(), next.behind.begin(), next.behind.end());
  }
  return all;
}

}  // namespace core
