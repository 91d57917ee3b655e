#include "ui/views/placement_view.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "ui/numbers.h"
#include "ui/views/drops_view.h"

namespace ui {
namespace {

using core::Hook;

constexpr size_t kMostRemembered = 64;

core::Result<core::DeviceMap> mapOf(const ViewSource& source, const PlacementChoice& choice) {
  if (choice.map) return *choice.map;
  std::vector<int64_t> load(static_cast<size_t>(source.experts()));
  if (choice.kind == core::PlacementKind::Greedy) {
    if (!source.memo) {
      load = core::expertLoads(source.trace);
    } else {
      if (source.memo->loads.empty()) source.memo->loads = core::expertLoads(source.trace);
      load = source.memo->loads;
    }
  }
  return core::placeExperts(choice.kind, load, std::clamp(choice.devices, 1, std::max(1, source.experts())));
}

std::vector<core::PlacedBatch> placed(const ViewSource& source, int layer, const core::DeviceMap& map,
                                      const core::PlacementOptions& options) {
  const core::LayerDispatch& decided = *source.dispatch[static_cast<size_t>(layer)];
  if (!source.memo) return core::placeLayer(source.trace, layer, decided, map, options);
  const std::string key = fmt::format("{} {} {} {} {}", layer, fmt::join(map.device, " "), options.width,
                                      options.bytesAValue, options.factor.value_or(-1));
  auto& known = source.memo->placed;
  const auto at = known.find(key);
  if (at != known.end()) return at->second;
  if (known.size() >= kMostRemembered) known.clear();
  return known[key] = core::placeLayer(source.trace, layer, decided, map, options);
}

std::vector<PlacedDevice> devicesOf(const ViewSource& source, int layer, const core::DeviceMap& map) {
  std::vector<int64_t> load(map.device.size());
  for (int t = 0; t < source.trace.tokens(Hook::RouterIds, layer); ++t) {
    const std::span<const int32_t> ids = source.trace.ints(Hook::RouterIds, layer, t);
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      if (ids[rank] < 0 || static_cast<size_t>(ids[rank]) >= load.size()) continue;
      load[static_cast<size_t>(ids[rank])] += source.keptAt(layer, t, static_cast<int>(rank)) != 0;
    }
  }
  std::vector<PlacedDevice> devices(static_cast<size_t>(map.devices));
  for (size_t e = 0; e < load.size(); ++e) {
    PlacedDevice& device = devices[static_cast<size_t>(map.device[e])];
    device.experts.push_back({static_cast<int>(e), load[e]});
    device.load += load[e];
  }
  return devices;
}

std::string ruleName(const PlacementChoice& choice, const Phrases& say) {
  if (choice.map) return say(Say::PlacementFromFile, choice.fileName);
  switch (choice.kind) {
    case core::PlacementKind::Contiguous:
      return say(Say::PlacementContiguous);
    case core::PlacementKind::Striped:
      return say(Say::PlacementStriped);
    case core::PlacementKind::Greedy:
      return say(Say::PlacementGreedy);
  }
  return {};
}

double kiloBytesAToken(double bytes, int tokens) { return bytes / 1e3 / std::max(1, tokens); }

void addFacts(const core::PlacedBatch& whole, const core::DeviceMap& map, int K, const PlacementChoice& choice,
              PlacementView& view, const Phrases& say) {
  const std::optional<core::PlacementChance>& chance = whole.chance;
  const core::PlacementCost& cost = whole.cost;
  const auto fact = [&](Say name, const std::string& value, const std::string& byChance, const std::string& least) {
    view.facts.push_back({say(name), value, chance ? byChance : "", least});
  };
  const core::PlacementChance even = chance.value_or(core::PlacementChance{});
  const int fewest = core::leastDevices(map, K), most = core::mostDevices(map, K);
  fact(Say::Straggler, ratioText(cost.straggler), ratioText(even.straggler), ratioText(1));
  fact(Say::DevicesAToken, ratioText(cost.devicesAToken), ratioText(even.devicesAToken), shortText(fewest));
  fact(Say::BytesMoved, ratioText(static_cast<double>(cost.bytes) / 1e6), ratioText(even.bytes / 1e6), shortText(0));
  fact(Say::BytesAToken, ratioText(kiloBytesAToken(static_cast<double>(cost.bytes), whole.tokens)),
       ratioText(kiloBytesAToken(even.bytes, whole.tokens)), shortText(0));
  if (choice.factor) {
    const double choices = std::max<double>(1, static_cast<double>(cost.choices));
    fact(Say::DeviceDrops, shareText(static_cast<double>(cost.dropped) / choices),
         shareText(even.dropped / (static_cast<double>(whole.tokens) * K)), shareText(0));
  }
  // Where scores are not known there is no value, and what an even router has still says what to expect.
  fact(Say::DeviceTerm, scoreText(whole.deviceLoss), scoreText(1), scoreText(1));
  fact(Say::CommunicationTerm, scoreText(whole.communicationLoss), scoreText(even.communication),
       scoreText(static_cast<double>(fewest) / most));
}

void addCurves(const std::vector<core::PlacedBatch>& batches, int K, const PlacementChoice& choice, PlacementView& view,
               const Phrases& say) {
  PlacementCurve straggler, bytes, drops;
  straggler.title = say(Say::StragglerCurve);
  straggler.least = 1;
  bytes.title = say(Say::BytesCurve);
  drops.title = say(Say::DropsCurve);
  drops.share = true;
  for (const core::PlacedBatch& batch : batches) {
    for (PlacementCurve* curve : {&straggler, &bytes, &drops}) curve->tokens.push_back(batch.tokens);
    straggler.value.push_back(batch.cost.straggler);
    bytes.value.push_back(kiloBytesAToken(static_cast<double>(batch.cost.bytes), batch.tokens));
    drops.value.push_back(static_cast<double>(batch.cost.dropped) /
                          std::max<double>(1, static_cast<double>(batch.cost.choices)));
    if (!batch.chance) continue;
    straggler.chance.push_back(batch.chance->straggler);
    straggler.high.push_back(batch.chance->stragglerHigh);
    bytes.chance.push_back(kiloBytesAToken(batch.chance->bytes, batch.tokens));
    drops.chance.push_back(batch.chance->dropped / (static_cast<double>(batch.tokens) * K));
  }
  view.curves.push_back(std::move(straggler));
  if (choice.factor) view.curves.push_back(std::move(drops));
  view.curves.push_back(std::move(bytes));
}

std::string expertsText(const PlacedDevice& device, int experts) {
  std::string text;
  for (const PlacedExpert& one : device.experts) text += (text.empty() ? "" : " ") + expertLabel(one.expert, experts);
  return text;
}

// Devices, then facts, then batches: one table, each row says what it is about.
void describe(const ViewSource& source, const Cursor& cursor, PlacementView& view, const Phrases& say) {
  Description& out = view.description;
  const PlacementFact& straggler = view.facts[0];
  const PlacementFact& moved = view.facts[2];
  const std::string place = placeSentence(source, view.panel.title, cursor, say);
  const auto devices = countText(static_cast<int64_t>(view.devices.size()));
  out.sentence = straggler.chance.empty()
                     ? place + say(Say::PlacementSaysAlone, devices, straggler.value, moved.value)
                     : place + say(Say::PlacementSays, devices, straggler.value, moved.value, straggler.chance);
  out.columns = {say(Say::PlacementMeasure), say(Say::ThisLayer), say(Say::ByChance), say(Say::LeastWord),
                 say(Say::PlacementExperts)};
  for (const PlacementFact& fact : view.facts) out.rows.push_back({fact.name, fact.value, fact.chance, fact.least, ""});
  for (size_t d = 0; d < view.devices.size(); ++d) {
    out.rows.push_back({say(Say::PlacementDevice, d), countText(view.devices[d].load), shortText(view.ideal), "0",
                        expertsText(view.devices[d], view.experts)});
  }
  for (const PlacementCurve& curve : view.curves) {
    const auto text = [&](double value) { return curve.share ? shareText(value) : ratioText(value); };
    for (size_t b = 0; b < curve.tokens.size(); ++b) {
      out.rows.push_back({fmt::format("{}: {}", curve.title, say(Say::TokensCount, countText(curve.tokens[b]))),
                          text(curve.value[b]), curve.chance.empty() ? "" : text(curve.chance[b]), text(curve.least),
                          ""});
    }
  }
}

}  // namespace

std::vector<std::string> placementTip(const Phrases& say) {
  std::vector<std::string> lines{say(Say::PlacementCorner)};
  std::string_view rest = say(Say::PlacementFormulas);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(". "), rest.size() - 1) + 1;
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return lines;
}

PlacementView makePlacementView(const ViewSource& source, const Cursor& cursor, const PlacementChoice& choice,
                                const Phrases& say) {
  PlacementView view;
  view.panel.title = routerTitle(source, Say::PlacementTitle, say);
  view.panel.notice = noRunNotice(source, say);
  if (!view.panel.notice) view.panel.notice = noRouterNotice(source, cursor, say);
  if (!view.panel.notice) view.panel.notice = notRecordedNotice(source, Hook::RouterIds, {0, cursor.layer, 0, {}}, say);
  if (!view.panel.notice && choice.map && choice.map->device.size() != static_cast<size_t>(source.experts())) {
    view.panel.notice = Notice{say(Say::PlacementOtherModel),
                               say(Say::PlacementOtherModelWhy, choice.map->device.size(), source.experts()),
                               {}};
  }
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const core::PlacementOptions options{choice.width > 0 ? choice.width : source.config().width, choice.bytesAValue,
                                       choice.factor};
  const auto map = mapOf(source, choice);
  std::vector<core::PlacedBatch> batches;
  if (map) batches = placed(source, cursor.layer, *map, options);
  if (batches.empty()) {
    view.panel.notice = Notice{say(Say::NothingRead), map ? say(Say::NothingReadWhy) : map.error().message, {}};
    view.description = describeNotice(view.panel);
    return view;
  }
  const core::PlacedBatch& whole = batches.back();
  view.layer = cursor.layer;
  view.experts = source.experts();
  view.cursorExpert = cursor.expert;
  view.devices = devicesOf(source, cursor.layer, *map);
  view.ideal = static_cast<double>(whole.cost.choices) / map->devices;
  if (choice.factor) view.capacity = whole.cost.capacity;
  for (PlacedDevice& device : view.devices) {
    device.overIdeal = view.ideal > 0 ? static_cast<double>(device.load) / view.ideal : 0;
    if (choice.factor) device.dropped = std::max<int64_t>(0, device.load - view.capacity);
    view.highest = std::max(view.highest, device.load);
  }
  const int K = source.trace.columns(Hook::RouterIds, cursor.layer);
  addFacts(whole, *map, K, choice, view, say);
  addCurves(batches, K, choice, view, say);
  view.panel.subtitle =
      say(Say::PlacementSub, layerLabel(cursor.layer), view.experts, map->devices, ruleName(choice, say));
  view.panel.corner = say(Say::PlacementCorner);
  view.about = say(Say::PlacementAbout, countText(options.width), options.bytesAValue);
  describe(source, cursor, view, say);
  return view;
}

}  // namespace ui
