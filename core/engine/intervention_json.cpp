#include "core/engine/intervention_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "core/base/json.h"
#include "core/engine/router_policy.h"
#include "core/routing/policy_reads.h"

namespace core {
namespace {

using Json = nlohmann::json;
using Kind = InterventionKind;

constexpr std::array kKinds = {"ban", "force",       "swap",   "scale",   "shared_scale",
                               "k",   "temperature", "policy", "capacity"};
constexpr int kMost = std::numeric_limits<int>::max();

// One object of the list: every key is read once, what is left over is a mistake.
class Fields {
 public:
  Fields(const Json& json, std::string place) : m_json(json), m_place(std::move(place)) {}

  Result<int64_t> whole(const char* key, int64_t least, int64_t most) {
    const Json* value = take(key);
    if (!value) return fail("{}.{}: missing", m_place, key);
    const bool fits = value->is_number_integer() &&
                      (!value->is_number_unsigned() || value->get<uint64_t>() <= static_cast<uint64_t>(most));
    if (!fits || value->get<int64_t>() < least || value->get<int64_t>() > most) {
      return fail("{}.{}: expected a whole number from {} to {}, found {}", m_place, key, least, most, shortly(*value));
    }
    return value->get<int64_t>();
  }
  Result<double> number(const char* key) {
    const Json* value = take(key);
    if (!value) return fail("{}.{}: missing", m_place, key);
    if (!value->is_number()) return fail("{}.{}: expected a number, found {}", m_place, key, shortly(*value));
    return value->get<double>();
  }
  Result<std::string> text(const char* key) {
    const Json* value = take(key);
    if (!value) return fail("{}.{}: missing", m_place, key);
    if (!value->is_string()) return fail("{}.{}: expected a text, found {}", m_place, key, shortly(*value));
    return value->get<std::string>();
  }
  Result<std::pair<int, int>> range(const char* key) {
    const Json* value = take(key);
    const auto ok = [](const Json& n) {
      return n.is_number_unsigned() && n.get<uint64_t>() <= static_cast<uint64_t>(kMost);
    };
    if (!value || !value->is_array() || value->size() != 2 || !ok((*value)[0]) || !ok((*value)[1])) {
      return fail("{}.{}: expected [first, last], both from 0 on", m_place, key);
    }
    return std::pair{(*value)[0].get<int>(), (*value)[1].get<int>()};
  }
  bool has(const char* key) const { return m_json.contains(key); }
  Status nothingLeft() const {
    for (const auto& [key, value] : m_json.items()) {
      if (!m_taken.contains(key)) return fail("{}: this kind has no {}", m_place, shortly(Json(key)));
    }
    return {};
  }
  const std::string& place() const { return m_place; }

 private:
  const Json* take(const char* key) {
    m_taken.insert(key);
    const auto at = m_json.find(key);
    return at == m_json.end() ? nullptr : &*at;
  }
  static std::string shortly(const Json& value) {
    const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() > 60 ? text.substr(0, 60) + "..." : text;
  }

  const Json& m_json;
  std::string m_place;
  std::set<std::string> m_taken;
};

Status readWhere(Fields& in, Intervention& out) {
  if (in.has("layers")) {
    TRY_ASSIGN(const auto layers, in.range("layers"));
    out.firstLayer = layers.first, out.lastLayer = layers.second;
  } else if (in.has("layer")) {
    TRY_ASSIGN(const int64_t layer, in.whole("layer", 0, kMaxLayers));
    out.firstLayer = out.lastLayer = static_cast<int>(layer);
  }
  if (in.has("from")) {
    TRY_ASSIGN(const int64_t from, in.whole("from", 0, kMost));
    out.fromToken = static_cast<int>(from);
  }
  if (in.has("to")) {
    TRY_ASSIGN(const int64_t to, in.whole("to", 0, kMost));
    out.toToken = static_cast<int>(to);
  }
  if (in.has("token_id")) {
    TRY_ASSIGN(const int64_t id, in.whole("token_id", 0, kMaxVocabulary));
    out.tokenId = static_cast<int32_t>(id);
  }
  return {};
}

Status readNumbers(Fields& in, Policy& policy) {
  if (in.has("k")) {
    TRY_ASSIGN(const int64_t k, in.whole("k", 1, kMaxExperts));
    policy.K = static_cast<int>(k);
  }
  if (in.has("seed")) {
    TRY_ASSIGN(const int64_t seed, in.whole("seed", 0, std::numeric_limits<int64_t>::max()));
    policy.seed = static_cast<uint64_t>(seed);
  }
  for (const auto& [key, field] : {std::pair{"temperature", &Policy::temperature}, std::pair{"scale", &Policy::scale},
                                   std::pair{"noise", &Policy::noise}, std::pair{"threshold", &Policy::threshold},
                                   std::pair{"jitter", &Policy::jitter}, std::pair{"lambda", &Policy::lambda}}) {
    if (!in.has(key)) continue;
    TRY_ASSIGN(policy.*field, in.number(key));
  }
  if (in.has("factor")) {
    TRY_ASSIGN(const double factor, in.number("factor"));
    policy.factor = factor;
  }
  for (const auto& [key, field] :
       {std::pair{"groups", &GroupLimits::groups}, std::pair{"groups_chosen", &GroupLimits::groupsChosen}}) {
    if (!in.has(key)) continue;
    TRY_ASSIGN(const int64_t groups, in.whole(key, 1, kMaxExperts));
    policy.groups.*field = static_cast<int>(groups);
  }
  return {};
}

Status readNames(Fields& in, Policy& policy) {
  if (in.has("weights")) {
    TRY_ASSIGN(const std::string form, in.text("weights"));
    const auto named = weightFormFromName(form);
    if (!named) return fail("{}.weights: there is no form {}", in.place(), form.substr(0, 60));
    const std::string problem = weightFormProblem(policy.kind, form);
    if (!problem.empty() && policyInfo(policy.kind).locked.empty()) return fail("{}.weights: {}", in.place(), problem);
    setWeightForm(policy, *named);
  }
  if (in.has("group_score")) {
    TRY_ASSIGN(const std::string score, in.text("group_score"));
    if (score != "max" && score != "top2sum") {
      return fail("{}.group_score: expected max or top2sum, found {}", in.place(), score.substr(0, 60));
    }
    policy.groups.score = score == "max" ? GroupScore::Max : GroupScore::SumOfTopTwo;
  }
  if (in.has("rounding")) {
    TRY_ASSIGN(const std::string rounding, in.text("rounding"));
    const auto named = roundingFromName(rounding);
    if (!named) {
      return fail("{}.rounding: expected floor, ceil or half_even, found {}", in.place(), rounding.substr(0, 60));
    }
    policy.rounding = *named;
  }
  if (in.has("hash")) {
    TRY_ASSIGN(const std::string rule, in.text("hash"));
    const auto named = hashRuleFromName(rule);
    if (!named) return fail("{}.hash: expected mod or splitmix, found {}", in.place(), rule.substr(0, 60));
    policy.hash = *named;
  }
  return {};
}

// Nothing is said of a policy that is locked: it is refused for that.
Status everythingIsRead(const Fields& in, const Policy& policy, bool countsSlots) {
  if (!policyInfo(policy.kind).locked.empty()) return {};
  for (int s = 0; s < static_cast<int>(PolicySetting::Count); ++s) {
    const auto setting = static_cast<PolicySetting>(s);
    const std::string key(policySettingName(setting));
    if (!in.has(key.c_str()) || readsSetting(policy, setting) || (setting == PolicySetting::K && countsSlots)) continue;
    return fail("{}.{}: {} does not read it as it is set here; it is read by {}", in.place(), key,
                policyInfo(policy.kind).name, readersOf(setting));
  }
  return {};
}

Status readPolicy(Fields& in, const RouterConfig& router, bool countsSlots, Intervention& out) {
  TRY_ASSIGN(const std::string name, in.text("policy"));
  const auto kind = policyNamed(name);
  if (!kind)
    return fail("{}.policy: there is no policy {}; they are named like the methods of `expertscope route`", in.place(),
                name.substr(0, 60));
  out.policy = onRecordedLogits(defaultPolicy(*kind, router), router);
  TRY_STATUS(readNumbers(in, out.policy));
  TRY_STATUS(readNames(in, out.policy));
  TRY_STATUS(everythingIsRead(in, out.policy, countsSlots));
  out.policy.K = meanChoices(out.policy, router.experts);
  return {};
}

Status readCapacity(Fields& in, Intervention& out) {
  if (in.has("rule")) {
    TRY_ASSIGN(const std::string name, in.text("rule"));
    out.rule = capacityRuleFromName(name);
    if (!out.rule) return fail("{}.rule: there is no capacity rule {}", in.place(), name.substr(0, 60));
  }
  if (in.has("factor")) {
    TRY_ASSIGN(const double factor, in.number("factor"));
    out.capacityFactor = factor;
  }
  return {};
}

Result<Intervention> readOne(const Json& json, const std::string& place, const RouterConfig& router, bool countsSlots) {
  if (!json.is_object()) return fail("{}: expected an object", place);
  Fields in(json, place);
  TRY_ASSIGN(const std::string name, in.text("kind"));
  const auto* const at = std::find(kKinds.begin(), kKinds.end(), name);
  if (at == kKinds.end())
    return fail("{}.kind: expected one of {}, found {}", place, fmt::join(kKinds, ", "), name.substr(0, 60));
  Intervention out;
  out.kind = static_cast<Kind>(at - kKinds.begin());
  TRY_STATUS(readWhere(in, out));
  const bool hasExpert =
      out.kind == Kind::Ban || out.kind == Kind::Force || out.kind == Kind::Swap || out.kind == Kind::Scale;
  if (hasExpert) {
    TRY_ASSIGN(const int64_t expert, in.whole("expert", 0, kMaxExperts));
    out.expert = static_cast<int>(expert);
  }
  if (out.kind == Kind::Swap) {
    TRY_ASSIGN(const int64_t other, in.whole("with", 0, kMaxExperts));
    out.other = static_cast<int>(other);
  }
  if (out.kind == Kind::Scale || out.kind == Kind::SharedScale || out.kind == Kind::Temperature) {
    TRY_ASSIGN(out.factor, in.number("by"));
  }
  if (out.kind == Kind::K) {
    TRY_ASSIGN(const int64_t k, in.whole("k", 1, kMaxExperts));
    out.k = static_cast<int>(k);
  }
  if (out.kind == Kind::Policy) TRY_STATUS(readPolicy(in, router, countsSlots, out));
  if (out.kind == Kind::Capacity) TRY_STATUS(readCapacity(in, out));
  TRY_STATUS(in.nothingLeft());
  return out;
}

// Slots are counted for the k of whatever policy acts.
bool setsCapacity(const Json& list) {
  return std::any_of(list.begin(), list.end(),
                     [](const Json& one) { return one.is_object() && one.value("kind", Json()) == "capacity"; });
}

}  // namespace

Result<InterventionFile> parseInterventions(std::string_view text, std::string_view place, const ModelConfig& config) {
  TRY_ASSIGN(const Json json, parseJson(text, place));
  if (!json.is_object()) return fail("{}: expected an object with a list of interventions", place);
  Fields in(json, std::string(place));
  if (in.has("schema")) {
    TRY_ASSIGN(const std::string schema, in.text("schema"));
    if (schema != "expertscope.intervention")
      return fail("{}.schema: expected expertscope.intervention, found {}", place, schema.substr(0, 60));
  }
  if (in.has("version")) {
    if (const auto version = in.whole("version", 1, 1); !version) return tl::unexpected<Error>(version.error());
  }
  InterventionFile file;
  for (const auto& [key, field] :
       {std::pair{"target", &InterventionFile::target}, std::pair{"distractor", &InterventionFile::distractor}}) {
    if (!in.has(key)) continue;
    TRY_ASSIGN(const int64_t id, in.whole(key, 0, std::max(0, config.vocabulary - 1)));
    file.*field = static_cast<int32_t>(id);
  }
  const auto list = json.find("interventions");
  if (list == json.end() || !list->is_array() || list->empty())
    return fail("{}.interventions: expected a list with at least one", place);
  if (list->size() > kMaxInterventions)
    return fail("{}.interventions: expected at most {}, found {}", place, kMaxInterventions, list->size());
  const bool countsSlots = config.router.dropsChoices || setsCapacity(*list);
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("{}.interventions[{}]", place, i);
    TRY_ASSIGN(Intervention one, readOne((*list)[i], at, config.router, countsSlots));
    file.list.push_back(one);
  }
  for (const auto& [key, value] : json.items()) {
    const std::array known = {"schema", "version", "interventions", "target", "distractor"};
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail("{}: expected no key {}", place, key.substr(0, 60));
  }
  return file;
}

}  // namespace core
