#include "ui/views/lab_view.h"

#include <algorithm>
#include <cmath>

#include "core/engine/router_policy.h"
#include "core/routing/policy_reads.h"
#include "ui/numbers.h"

namespace ui {
namespace {

using core::PolicyKind;

constexpr size_t kMostNamed = 12;  // tokens that are named one by one

std::vector<LabPolicyChoice> choicesFor(const core::RouterConfig& router, const Phrases& say) {
  std::vector<LabPolicyChoice> choices;
  const PolicyKind own = core::policyOf(router).kind;
  for (const core::PolicyInfo& info : core::policies()) {
    LabPolicyChoice choice{info.kind,
                           std::string(info.name),
                           std::string(info.says),
                           core::policyLock(info.kind, router),
                           info.causal,
                           core::defaultPolicy(info.kind, router)};
    if (info.kind == own) choice.name = say(Say::OwnPolicy, choice.name);
    if (choice.whyNot.empty()) {
      const core::Status fits = core::checkPolicy(core::onRecordedLogits(choice.usual, router), router.experts);
      if (!fits) choice.whyNot = fits.error().message;
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

// 1.0, 1.25: never a bare 1.
std::string factorText(double factor) {
  const std::string text = fmt::format("{}", factor);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string number(double value) { return std::isfinite(value) ? ratioText(value) : "\u2013"; }

LabRow rowOf(const LabTry& one, const core::Trace& recorded, bool current, const Phrases& say) {
  const core::ReplayMeasures& m = one.measures;
  const auto share = [](int64_t part, int64_t all) {
    return shareText(all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0);
  };
  LabRow row;
  row.current = current;
  row.cells = {changeWords(one.change, recorded, say),
               capacityWords(one.capacity, say),
               std::isfinite(m.changed) ? shareText(m.changed) : "\u2013",
               share(m.dropped, m.choices),
               share(m.uncovered, m.tokens),
               number(m.balance),
               number(m.zLoss),
               number(m.maxViolation)};
  return row;
}

std::string causality(const ViewSource& source, const LabInput& input, const Cursor& cursor, const Phrases& say) {
  if (!input.change) return {};
  const std::optional<core::ReplayOrigin>& replay = source.trace.info().replay;
  const bool causal = replay ? replay->causal : core::policyInfo(input.change->policy.kind).causal;
  if (causal) return say(Say::LabCausal);
  std::string text = say(Say::LabNotCausal);
  if (source.trace.length() > core::kMostTokensLookedBack) {
    return text + " " + say(Say::LabSawLong, countText(core::kMostTokensLookedBack));
  }
  if (!input.sawLater) return text;
  if (input.sawLater->empty()) return text + " " + say(Say::LabSawNone, layerLabel(cursor.layer));
  std::vector<std::string> tokens;
  for (size_t i = 0; i < std::min(kMostNamed, input.sawLater->size()); ++i)
    tokens.push_back(fmt::format("{}", (*input.sawLater)[i]));
  std::string named = listOf(say, tokens);
  if (input.sawLater->size() > kMostNamed) named = fmt::format("{}", fmt::join(tokens, ", ")) + ", \u2026";
  return text + " " +
         say(Say::LabSawLater, countText(static_cast<int64_t>(input.sawLater->size())),
             countText(source.trace.tokens(core::Stream::Layer, cursor.layer)), layerLabel(cursor.layer), named);
}

}  // namespace

LabSettings settingsOf(PolicyKind kind, int experts) {
  LabSettings s;
  s.experts = s.mostK = std::max(1, experts);
  s.k = kind != PolicyKind::TopP && kind != PolicyKind::Relu && kind != PolicyKind::SparseMixer &&
        kind != PolicyKind::BalancedAssignment;
  if (kind == PolicyKind::SparseMixer) s.leastK = s.mostK = 2;
  if (kind == PolicyKind::BalancedAssignment) s.mostK = 1;
  core::Policy policy;
  policy.kind = kind;
  policy.hash = core::HashRule::SplitMix;  // the one that reads a seed
  const auto reads = [&](core::PolicySetting setting) { return core::readsSetting(policy, setting); };
  s.noise = reads(core::PolicySetting::Noise);
  s.threshold = reads(core::PolicySetting::Threshold);
  s.groups = reads(core::PolicySetting::Groups);
  s.seed = reads(core::PolicySetting::Seed);
  s.jitter = reads(core::PolicySetting::Jitter);
  s.lambda = reads(core::PolicySetting::Lambda);
  s.weights = reads(core::PolicySetting::Weights);
  s.rounding = reads(core::PolicySetting::Rounding);
  s.hash = reads(core::PolicySetting::Hash);
  return s;
}

core::Status ruleFits(core::CapacityRule rule, int k, int experts) {
  const core::Result<int64_t> slots = core::capacity(rule, {1, experts, k, 1.0, 0});
  if (!slots) return tl::unexpected<core::Error>(slots.error());
  return {};
}

std::string changeWords(const std::optional<core::ReplayOptions>& change, const core::Trace& recorded,
                        const Phrases& say) {
  if (!change) return say(recorded.info().replay ? Say::LabTryKept : Say::LabTryRecorded);
  const std::string more = core::replaySettings(*change, core::routerOfRun(recorded));
  return std::string(core::policyInfo(change->policy.kind).name) + (more.empty() ? "" : ", " + more);
}

std::string capacityWords(const core::CapacityOptions& capacity, const Phrases& say) {
  if (!capacity.active) return say(Say::LabNoCapacity);
  return fmt::format("{} {}", core::capacityRuleName(capacity.rule), factorText(capacity.factor));
}

LabView makeLabView(const ViewSource& source, const core::Trace& recorded, const LabInput& input, const Cursor& cursor,
                    const Phrases& say) {
  LabView view;
  std::optional<Notice> notice = noRunNotice(source, say);
  if (notice) {
    view.whyNot = notice->heading;
  } else if (nextRoutedLayer(recorded.config(), 0) < 0) {
    view.whyNot = say(Say::LabNoRouter);
  } else if (!recorded.has(core::Hook::RouterLogits, nextRoutedLayer(recorded.config(), 0))) {
    view.whyNot = say(Say::LabNoLogits);
  }
  view.columns = {say(Say::LabColumnPolicy),  say(Say::LabColumnCapacity),  say(Say::LabColumnChanged),
                  say(Say::LabColumnDropped), say(Say::LabColumnUncovered), say(Say::LabColumnBalance),
                  say(Say::LabColumnZ),       say(Say::LabColumnMaxVio)};
  if (!view.whyNot.empty()) {
    view.description.sentence = view.whyNot;
    return view;
  }
  const core::RouterConfig router = core::routerOfRun(recorded);
  view.policies = choicesFor(router, say);
  view.options = input.change.value_or(core::replayBy(core::policyOf(router)));
  view.asIs = changeWords({}, recorded, say);
  view.settings = settingsOf(view.options.policy.kind, router.experts);
  view.settings.tokens = recorded.length();
  view.name =
      say(Say::LabNames, changeWords(input.change, recorded, say), capacityWords(source.trace.info().capacity, say));
  const std::optional<core::ReplayOrigin>& replay = source.trace.info().replay;
  if (input.change) {
    view.exactness = say(replay && replay->exact ? Say::LabExact : Say::LabSimulated);
    view.openLoop = say(Say::LabOpenLoop);
  }
  view.causality = causality(source, input, cursor, say);
  for (size_t i = 0; i < input.tries.size(); ++i) {
    view.tries.push_back(rowOf(input.tries[i], recorded, static_cast<int>(i) == input.current, say));
  }
  // What a router that asks nobody would change, and what no router can be below.
  const double chance = 1 - static_cast<double>(core::choicesPerToken(recorded)) / std::max(1, router.experts);
  view.bounds.push_back({{say(Say::LabChance), "", shareText(chance), "", "", ratioText(1), "", ""}, false});
  view.bounds.push_back(
      {{say(Say::LabLeast), "", shareText(0), shareText(0), shareText(0), "", number(0), number(0)}, false});
  view.description.sentence = view.name + ". " + view.exactness + " " + view.causality;
  view.description.columns = view.columns;
  for (const auto* rows : {&view.tries, &view.bounds}) {
    for (const LabRow& row : *rows) view.description.rows.push_back(row.cells);
  }
  return view;
}

}  // namespace ui
