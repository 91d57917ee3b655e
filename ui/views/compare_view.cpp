#include "ui/views/compare_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/numbers.h"

namespace ui {
namespace {

using core::Hook;

constexpr int64_t kQuickWork = int64_t{1} << 17;  // choices to be counted: some milliseconds
constexpr int64_t kQuickTokens = 2048;            // to be laid side by side

int commonChoices(const std::vector<int>& a, const std::vector<int>& b) {
  return static_cast<int>(
      std::count_if(a.begin(), a.end(), [&](int e) { return std::find(b.begin(), b.end(), e) != b.end(); }));
}

void compareChoices(const CompareView& v, CompareMemo& memo) {
  const auto columns = memo.pairs.size();
  memo.shared.assign(static_cast<size_t>(v.layers), std::vector<int8_t>(columns, -1));
  memo.alike.assign(static_cast<size_t>(v.layers), std::nan(""));
  for (int layer = 0; layer < v.layers; ++layer) {
    int64_t same = 0, all = 0;
    for (size_t c = 0; c < columns; ++c) {
      const AlignedPair& pair = memo.pairs[c];
      if (pair.a < 0 || pair.b < 0) continue;
      const std::vector<int> a = v.a.chosenAt(layer, pair.a), b = v.b.chosenAt(layer, pair.b);
      if (a.empty() || b.empty()) continue;
      const int n = commonChoices(a, b);
      memo.shared[static_cast<size_t>(layer)][c] = static_cast<int8_t>(std::min(n, 126));
      same += n;
      all += v.chosen;
      const bool sameToken =
          v.a.trace.ids()[static_cast<size_t>(pair.a)] == v.b.trace.ids()[static_cast<size_t>(pair.b)];
      const bool earlier = memo.partColumn < 0 || static_cast<int>(c) < memo.partColumn;
      if (n < v.chosen && sameToken && earlier) {
        memo.partColumn = static_cast<int>(c);
        memo.partLayer = layer;
      }
    }
    if (all > 0) memo.alike[static_cast<size_t>(layer)] = static_cast<double>(same) / static_cast<double>(all);
  }
}

// All choices of a layer, (tokens, width), -1: none.
std::vector<int32_t> choicesOf(const ViewSource& source, int layer, size_t width) {
  std::vector<int32_t> all;
  for (int token = 0; token < source.trace.tokens(Hook::RouterIds, layer); ++token) {
    std::vector<int> ids = source.chosenAt(layer, token);
    ids.resize(width, -1);
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

// Saturation over the tokens that both runs have, with all their choices in both, and the loads of all tokens.
void compareLoads(const CompareView& v, CompareMemo& memo) {
  memo.agreement.assign(static_cast<size_t>(v.layers), {});
  memo.loads.assign(static_cast<size_t>(v.layers), {NAN, NAN});
  const auto chosen = static_cast<size_t>(std::max(0, v.chosen));
  for (int layer = 0; layer < v.layers; ++layer) {
    std::vector<int32_t> here, there;
    for (const AlignedPair& pair : memo.pairs) {
      if (pair.a < 0 || pair.b < 0) continue;
      if (v.a.trace.ids()[static_cast<size_t>(pair.a)] != v.b.trace.ids()[static_cast<size_t>(pair.b)]) continue;
      const std::vector<int> a = v.a.chosenAt(layer, pair.a), b = v.b.chosenAt(layer, pair.b);
      if (a.size() != chosen || b.size() != chosen) continue;
      here.insert(here.end(), a.begin(), a.end());
      there.insert(there.end(), b.begin(), b.end());
    }
    const auto at = static_cast<size_t>(layer);
    if (v.chosen <= 0 || v.chosen > v.experts) continue;
    memo.agreement[at] = core::agreementOf(here, there, v.experts, v.chosen);
    const int width = std::max(v.a.trace.columns(Hook::RouterIds, layer), v.b.trace.columns(Hook::RouterIds, layer));
    if (width <= 0) continue;
    const auto columns = static_cast<size_t>(width);
    memo.loads[at] =
        core::loadDivergence(choicesOf(v.a, layer, columns), choicesOf(v.b, layer, columns), v.experts, width);
  }
}

std::string agreementSentence(const CompareView& v, const Phrases& say) {
  const core::Agreement& one = v.agreement[static_cast<size_t>(v.layer)];
  const core::LoadDivergence& load = v.loads[static_cast<size_t>(v.layer)];
  std::string text;
  if (one.tokens > 0) {
    const auto beside = [](double found, double even, double shuffled) {
      return std::array{wholeShareText(found), wholeShareText(even), wholeShareText(shuffled)};
    };
    const auto k = beside(one.found.topK, one.even.topK, one.shuffled.topK);
    const auto first = beside(one.found.top1, one.even.top1, one.shuffled.top1);
    const auto set = beside(one.found.sameSet, one.even.sameSet, one.shuffled.sameSet);
    text = say(Say::SaturationSays, layerLabel(v.layer), k[0], k[1], k[2], first[0], first[1], first[2], set[0], set[1],
               set[2]);
  }
  if (!std::isnan(load.value)) {
    text += (text.empty() ? "" : " \u00B7 ") + say(Say::LoadsSay, scoreText(load.value), scoreText(load.shuffled));
  }
  return text;
}

double jensenShannon(const RouterView& a, const RouterView& b) {
  if (!a.hasScores || !b.hasScores || a.rows.size() != b.rows.size()) return std::nan("");
  double sumA = 0, sumB = 0, js = 0;
  for (size_t e = 0; e < a.rows.size(); ++e) {
    sumA += static_cast<double>(a.rows[e].score);
    sumB += static_cast<double>(b.rows[e].score);
  }
  if (!(sumA > 0) || !(sumB > 0)) return std::nan("");
  for (size_t e = 0; e < a.rows.size(); ++e) {
    const double p = static_cast<double>(a.rows[e].score) / sumA, q = static_cast<double>(b.rows[e].score) / sumB;
    const double m = (p + q) / 2;
    if (p > 0) js += p * std::log(p / m) / 2;
    if (q > 0) js += q * std::log(q / m) / 2;
  }
  return std::max(0.0, js);
}

// The ten of A, then those of B that are not among them.
void pairPredictions(const AlignedPair& pair, CompareView& v) {
  struct Top {
    std::vector<int32_t> ids;
    std::vector<double> probability;
    double last = 0;
  };
  const auto topOf = [](const ViewSource& s, int token) {
    Top top;
    const std::span<const int32_t> ids = s.trace.ints(Hook::TopIds, 0, token);
    const std::span<const float> p = s.trace.floats(Hook::TopProbabilities, 0, token);
    for (size_t i = 0; i < ids.size() && i < p.size(); ++i) {
      if (ids[i] < 0) continue;
      top.ids.push_back(ids[i]);
      top.probability.push_back(static_cast<double>(p[i]));
      top.last = static_cast<double>(p[i]);
    }
    return top;
  };
  const Top a = topOf(v.a, pair.a), b = topOf(v.b, pair.b);
  if (a.ids.empty() || b.ids.empty()) return;
  const auto find = [](const Top& top, int32_t id) {
    const auto at = std::find(top.ids.begin(), top.ids.end(), id);
    return at == top.ids.end() ? -1.0 : top.probability[static_cast<size_t>(at - top.ids.begin())];
  };
  const auto add = [&](const ViewSource& s, int32_t id) {
    ComparedCandidate c;
    c.text = visibleToken(s.textOf(id));
    const double inA = find(a, id), inB = find(b, id);
    c.aBelow = inA < 0;
    c.bBelow = inB < 0;
    c.a = c.aBelow ? a.last : inA;
    c.b = c.bBelow ? b.last : inB;
    v.candidates.push_back(std::move(c));
  };
  for (const int32_t id : a.ids) add(v.a, id);
  for (const int32_t id : b.ids) {
    if (find(a, id) < 0) add(v.b, id);
  }
}

void describe(CompareView& v, const Phrases& say) {
  Description& out = v.description;
  const double alike = v.layer < v.layers ? v.alike[static_cast<size_t>(v.layer)] : std::nan("");
  if (v.partColumn >= 0) {
    out.sentence = say(Say::CompareSays, wholeShareText(alike), v.layer, v.partLayer,
                       v.pairs[static_cast<size_t>(v.partColumn)].a);
  } else {
    out.sentence = say(Say::CompareSaysNever, wholeShareText(alike), v.layer);
  }
  if (!v.agreementSentence.empty()) out.sentence += " " + v.agreementSentence;
  out.columns = {say(Say::ColumnLayer), say(Say::AlikeColumn)};
  for (const Say name : {Say::SaturationTopK, Say::SaturationTop1, Say::SaturationSame}) {
    for (const Say of : {Say::AgreeFound, Say::ByChance, Say::ByLoads}) {
      out.columns.push_back(say(Say::NameValue, say(name), say(of)));
    }
  }
  out.columns.push_back(say(Say::LoadDistance));
  out.columns.push_back(say(Say::LoadDistanceChance));
  for (int layer = 0; layer < v.layers; ++layer) {
    const auto at = static_cast<size_t>(layer);
    const core::Agreement& one = v.agreement[at];
    std::vector<std::string> row = {layerLabel(layer), wholeShareText(v.alike[at])};
    for (double core::Saturation::*of :
         {&core::Saturation::topK, &core::Saturation::top1, &core::Saturation::sameSet}) {
      for (const core::Saturation& number : {one.found, one.even, one.shuffled}) {
        row.push_back(one.tokens > 0 ? shareText(number.*of) : "");
      }
    }
    row.push_back(scoreText(v.loads[at].value));
    row.push_back(scoreText(v.loads[at].shuffled));
    out.rows.push_back(std::move(row));
  }
}

}  // namespace

// What was recorded is told by its blocks, which never change; other runs have others.
bool sameRouting(const core::Trace& one, const core::Trace& other) {
  if (one.empty() || other.empty()) return one.empty() && other.empty();
  if (one.info().config != other.info().config || one.ids() != other.ids()) return false;
  for (int layer = 0; layer < one.config().layers; ++layer) {
    const int tokens = one.tokens(core::Stream::Layer, layer);
    if (other.tokens(core::Stream::Layer, layer) != tokens) return false;
    for (const int token : {0, tokens - 1}) {
      const auto at = [&](const core::Trace& trace) { return trace.ints(Hook::RouterIds, layer, token).data(); };
      if (tokens > 0 && at(one) != at(other)) return false;
    }
  }
  return true;
}

bool isComparisonOf(const CompareMemo& memo, const core::Trace& a, const core::Trace& b) {
  return !memo.a.empty() && sameRouting(memo.a, a) && sameRouting(memo.b, b);
}

bool comparesQuickly(const core::Trace& a, const core::Trace& b) {
  const int64_t tokens = int64_t{a.length()} + b.length();
  return tokens * a.config().layers * std::max(1, a.config().router.chosen) <= kQuickWork && tokens <= kQuickTokens;
}

CompareMemo compareRuns(const core::Trace& a, const core::Trace& b) {
  CompareMemo out;
  out.a = a;
  out.b = b;
  CompareView v;
  v.a.trace = a;
  v.b.trace = b;
  v.layers = a.config().layers;
  v.experts = a.config().router.experts;
  v.chosen = a.config().router.chosen;
  out.pairs = alignTokens(a.ids(), b.ids());
  compareChoices(v, out);
  compareLoads(v, out);
  return out;
}

CompareView makeComparingView(const Phrases& say) {
  CompareView view;
  view.panel.title = say(Say::CompareTitle);
  view.panel.notice = Notice{say(Say::ComparingSoon), say(Say::ComparingSoonWhy), {}};
  view.description = describeNotice(view.panel);
  return view;
}

CompareView makeEmptyCompareView(const Phrases& say) {
  CompareView view;
  view.panel.title = say(Say::CompareTitle);
  view.panel.subtitle = say(Say::OneRun);
  view.panel.notice =
      Notice{say(Say::PickSecond),
             say(Say::PickSecondWhy),
             {{say(Say::ChooseRun), Action::ChooseSecondRun}, {say(Say::CpuAgainstGpu), Action::CompareCpuWithGpu}}};
  view.description.sentence = say(Say::ComparePickSays);
  return view;
}

CompareView makeCompareView(const ViewSource& a, const std::string& nameA, const ViewSource& b,
                            const std::string& nameB, const Cursor& wanted, const Phrases& say, CompareMemo* memo) {
  if (a.empty() || b.empty()) return makeEmptyCompareView(say);
  CompareView v;
  v.panel.title = say(Say::CompareTitle);
  v.a = a;
  v.b = b;
  v.nameA = nameA;
  v.nameB = nameB;
  v.tokensA = say(Say::TokensCount, countText(a.trace.length()));
  v.tokensB = say(Say::TokensCount, countText(b.trace.length()));
  v.sameModel = a.layers() == b.layers() && a.experts() == b.experts() && a.chosen() == b.chosen();
  if (!v.sameModel) {
    v.panel.notice =
        Notice{say(Say::OtherModel), say(Say::OtherModelWhy), {{say(Say::ChooseRun), Action::ChooseSecondRun}}};
    v.description = describeNotice(v.panel);
    return v;
  }
  const Cursor cursor = clamped(wanted, cursorSpace(a.trace));
  v.layer = cursor.layer;
  v.layers = a.layers();
  v.experts = a.experts();
  v.chosen = a.chosen();
  CompareMemo once;
  if (!memo) memo = &once;
  if (!isComparisonOf(*memo, a.trace, b.trace)) *memo = compareRuns(a.trace, b.trace);
  v.pairs = memo->pairs;
  v.shared = memo->shared;
  v.alike = memo->alike;
  v.agreement = memo->agreement;
  v.loads = memo->loads;
  v.agreementSentence = v.layer < v.layers ? agreementSentence(v, say) : std::string();
  v.partColumn = memo->partColumn;
  v.partLayer = memo->partLayer;
  for (size_t c = 0; c < v.pairs.size(); ++c) {
    if (v.pairs[c].a == cursor.token) v.column = static_cast<int>(c);
  }
  if (v.partColumn >= 0) {
    const AlignedPair& pair = v.pairs[static_cast<size_t>(v.partColumn)];
    v.partSentence = say(Say::FirstParting, quotedToken(a.tokenAt(pair.a)), pair.a, pair.b, layerLabel(v.partLayer));
  } else {
    const bool any =
        std::any_of(v.pairs.begin(), v.pairs.end(), [](const AlignedPair& p) { return p.a >= 0 && p.b >= 0; });
    v.partSentence = say(any ? Say::NeverParts : Say::NoAligned);
  }
  const AlignedPair here = v.pairs.empty() ? AlignedPair{} : v.pairs[static_cast<size_t>(v.column)];
  v.jensenShannon = std::nan("");
  if (here.a >= 0 && here.b >= 0) {
    v.routerA = makeRouterView(a, {here.a, cursor.layer, cursor.expert, cursor.stage}, false, say);
    v.routerB = makeRouterView(b, {here.b, cursor.layer, cursor.expert, cursor.stage}, false, say);
    for (const RouterView* r : {&v.routerA, &v.routerB}) {
      for (const RouterRow& row : r->rows) v.anyDropped = v.anyDropped || row.dropped;
    }
    v.jensenShannon = jensenShannon(v.routerA, v.routerB);
    pairPredictions(here, v);
  } else {
    v.routerA.panel.notice = Notice{say(Say::NoPartner), "", {}};
  }
  describe(v, say);
  return v;
}

Cursor firstParting(const CompareView& view, const Cursor& cursor) {
  if (view.partColumn < 0) return cursor;
  return {view.pairs[static_cast<size_t>(view.partColumn)].a, view.partLayer, cursor.expert, cursor.stage};
}

}  // namespace ui
