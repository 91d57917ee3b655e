#include "app/cli/parity_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace app {
namespace {

using core::Hook;
using core::HookInfo;
using core::isOfLayer;
using core::Stream;

constexpr int kNever = std::numeric_limits<int>::max();

// The choices of a run in the order in which they are made: attention experts of layer 0, its experts, those of layer 1
// ...
int attentionChoice(int layer) { return 2 * layer; }
int blockChoice(int layer) { return 2 * layer + 1; }

// The first choice that values of a layer follow from: those that came before a close call are still judged.
int choiceBefore(Hook hook, int layer) {
  switch (hook) {
    case Hook::AttentionRouterLogits:
    case Hook::AttentionRouterEntropy:
      return attentionChoice(layer) - 1;
    case Hook::AttentionRouterIds:
    case Hook::AttentionRouterWeights:
    case Hook::AttentionRouterMargin:
    case Hook::Attention:
    case Hook::RouterLogits:
    case Hook::RouterScores:
    case Hook::RouterSelection:
    case Hook::RouterEntropy:
      return attentionChoice(layer);
    default:
      return blockChoice(layer);
  }
}

// max|B| over the finite values of one expected tensor.
double largest(const core::Trace& trace, Hook hook, int layer, int tokens) {
  double most = 0;
  for (int token = 0; token < tokens; ++token) {
    for (const float value : trace.floats(hook, layer, token)) {
      if (std::isfinite(value)) most = std::max(most, std::abs(static_cast<double>(value)));
    }
  }
  return most;
}

class Comparison {
 public:
  Comparison(const core::Trace& expected, const core::Trace& found, const Tolerance& tolerance)
      : m_expected(expected),
        m_found(found),
        m_tolerance(tolerance),
        m_lost(static_cast<size_t>(expected.length()), kNever),
        m_lostHead(static_cast<size_t>(expected.length()), false) {}

  ParityReport run() {
    for (int layer = 0; layer < m_expected.config().layers; ++layer) choices(layer);
    likeliest();
    for (const HookInfo& info : core::allHooks()) compare(info);
    return std::move(m_report);
  }

 private:
  double allowed(double b, double most) const {
    return m_tolerance.absolute + m_tolerance.relative * std::max(std::abs(b), 0.05 * most);
  }

  Hook selectionHook(int layer) const {
    for (const Hook hook : {Hook::RouterSelection, Hook::RouterScores}) {
      if (m_expected.has(hook, layer)) return hook;
    }
    return Hook::RouterLogits;
  }

  // Finds the close calls among the ids of one hook, ranked by `scores`.
  template <class OnClose>
  void closeCalls(Hook ids, Hook scores, int layer, int shownLayer, OnClose onClose) {
    const int tokens = m_expected.tokens(ids, layer);
    const double most = largest(m_expected, scores, layer, tokens);
    for (int token = 0; token < tokens; ++token) {
      if (m_lost[static_cast<size_t>(token)] < kNever) continue;
      const auto want = m_expected.ints(ids, layer, token), got = m_found.ints(ids, layer, token);
      const auto row = m_expected.floats(scores, layer, token);
      for (size_t rank = 0; rank < std::min(want.size(), got.size()); ++rank) {
        if (want[rank] == got[rank] || !inside(want[rank], row) || !inside(got[rank], row)) continue;
        const double a = row[static_cast<size_t>(want[rank])], b = row[static_cast<size_t>(got[rank])];
        if (!(std::abs(a - b) <= allowed(a, most))) break;  // a real difference, judged below
        m_report.closeCalls.push_back(
            {shownLayer, token, static_cast<int>(rank), want[rank], got[rank], std::abs(a - b)});
        onClose(static_cast<size_t>(token));
        break;
      }
    }
  }

  static bool inside(int32_t id, std::span<const float> row) {
    return id >= 0 && static_cast<size_t>(id) < row.size() && std::isfinite(row[static_cast<size_t>(id)]);
  }

  void choices(int layer) {
    closeCalls(Hook::AttentionRouterIds, Hook::AttentionRouterLogits, layer, layer,
               [&](size_t token) { m_lost[token] = attentionChoice(layer); });
    closeCalls(Hook::RouterIds, selectionHook(layer), layer, layer,
               [&](size_t token) { m_lost[token] = blockChoice(layer); });
  }

  void likeliest() {
    if (!m_expected.has(Hook::Logits)) return;
    closeCalls(Hook::TopIds, Hook::Logits, 0, -1, [&](size_t token) { m_lostHead[token] = true; });
  }

  bool isJudged(const HookInfo& info, int layer, int token) const {
    const int lost = m_lost[static_cast<size_t>(token)];
    const bool head = m_lostHead[static_cast<size_t>(token)];
    if (info.hook == Hook::Embeddings) return true;
    if (info.hook == Hook::TopIds || info.hook == Hook::LedgerPredictedEffect) return lost == kNever && !head;
    if (info.stream != Stream::Layer) return lost == kNever;
    return choiceBefore(info.hook, layer) < lost;
  }

  void compare(const HookInfo& info) {
    HookParity result;
    result.name = std::string(info.name);
    bool any = false;
    const int layers = isOfLayer(info.stream) ? m_expected.config().layers : 1;
    for (int layer = 0; layer < layers; ++layer) {
      const int shown = isOfLayer(info.stream) ? layer : -1;
      const int tokens = m_expected.tokens(info.hook, layer);
      const bool want = m_expected.has(info.hook, layer), got = m_found.has(info.hook, layer);
      const bool sameRows = m_found.tokens(info.hook, layer) == tokens;
      if (want != got || (want && !sameRows)) {
        m_report.problems.push_back(
            fmt::format("{}{}: {}", shown < 0 ? "" : fmt::format("layers.{}.", layer), info.name,
                        want == got ? "other numbers of tokens" : "only one of the two has it"));
        continue;
      }
      if (!want) continue;
      any = true;
      const double most = info.type == core::HookType::F32 ? largest(m_expected, info.hook, layer, tokens) : 0;
      for (int token = 0; token < std::min(tokens, m_expected.length()); ++token) {
        if (!isJudged(info, layer, token)) continue;
        if (info.type == core::HookType::F32) {
          floats(info, layer, shown, token, most, result);
        } else {
          ints(info, layer, shown, token, result);
        }
      }
    }
    if (any) m_report.hooks.push_back(result);
  }

  void note(HookParity& result, double ratio, int shown, int token) {
    if (ratio > result.worst) {
      result.worst = ratio;
      result.layer = shown;
      result.token = token;
    }
    if (!(ratio <= 1)) ++result.different;
  }

  void floats(const HookInfo& info, int layer, int shown, int token, double most, HookParity& result) {
    const auto want = m_expected.floats(info.hook, layer, token), got = m_found.floats(info.hook, layer, token);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    result.judged += static_cast<int64_t>(want.size());
    if (want.size() != got.size()) return note(result, kInfinity, shown, token);
    for (size_t i = 0; i < want.size(); ++i) {
      const double b = want[i], a = got[i];
      if (!std::isfinite(b) || !std::isfinite(a)) {
        const bool same = std::isnan(b) ? std::isnan(a) : a == b;
        if (!same) note(result, kInfinity, shown, token);
        continue;
      }
      const double difference = std::abs(a - b), scale = std::max(std::abs(b), 0.05 * most);
      result.largestAbsolute = std::max(result.largestAbsolute, difference);
      if (scale > 0) result.largestRelative = std::max(result.largestRelative, difference / scale);
      note(result, difference / allowed(b, most), shown, token);
    }
  }

  void ints(const HookInfo& info, int layer, int shown, int token, HookParity& result) {
    const auto want = m_expected.ints(info.hook, layer, token), got = m_found.ints(info.hook, layer, token);
    result.judged += static_cast<int64_t>(want.size());
    for (size_t i = 0; i < want.size(); ++i) {
      if (i < got.size() && want[i] == got[i]) continue;
      note(result, std::numeric_limits<double>::infinity(), shown, token);
    }
  }

  const core::Trace& m_expected;
  const core::Trace& m_found;
  Tolerance m_tolerance;
  std::vector<int> m_lost;       // (T) the token's first close call, as a choice
  std::vector<bool> m_lostHead;  // (T) a close call among its likeliest next tokens
  ParityReport m_report;
};

}  // namespace

bool ParityReport::passed() const {
  return problems.empty() &&
         std::all_of(hooks.begin(), hooks.end(), [](const auto& hook) { return hook.different == 0; });
}

ParityReport compareTraces(const core::Trace& expected, const core::Trace& found, const Tolerance& tolerance) {
  return Comparison(expected, found, tolerance).run();
}

}  // namespace app
