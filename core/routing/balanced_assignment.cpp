#include "core/routing/balanced_assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace core {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Assigner {
 public:
  Assigner(std::vector<double> logits, size_t E)
      : m_logits(std::move(logits)), m_experts(E), m_move(E * E, kInfinity), m_mover(E * E, -1), m_load(E, 0) {
    double largest = 0;
    for (double logit : m_logits) largest = std::max(largest, std::abs(logit));
    m_rounding = 1e-12 * largest;
  }

  // Seats token t: the cheapest chain t -> e1 -> e2 ... that ends at an expert with room.
  void seat(size_t t, int32_t room) {
    std::vector<double> cost(m_experts);
    std::vector<int32_t> from(m_experts, -1);  // the expert before on the chain; -1: the newcomer itself
    for (size_t e = 0; e < m_experts; ++e) cost[e] = -logit(t, e);
    // Bellman-Ford: moving the cheapest mover of a to b lengthens a chain by move(a, b).
    bool changed = true;
    for (size_t round = 0; changed && round < m_experts; ++round) {
      changed = false;
      for (size_t a = 0; a < m_experts; ++a) {
        for (size_t b = 0; b < m_experts; ++b) {
          if (!(cost[a] + move(a, b) < cost[b] - m_rounding)) continue;
          cost[b] = cost[a] + move(a, b);
          from[b] = static_cast<int32_t>(a);
          changed = true;
        }
      }
    }
    size_t end = m_experts;
    for (size_t e = 0; e < m_experts; ++e) {
      if (m_load[e] < room && (end == m_experts || cost[e] < cost[end])) end = e;
    }
    CHECK(end < m_experts, "no expert has room for token {}", t);
    ++m_load[end];
    std::vector<size_t> touched = {end};
    for (size_t steps = 0; from[end] >= 0 && steps < m_experts; ++steps) {
      const size_t before = static_cast<size_t>(from[end]);
      expert[static_cast<size_t>(m_mover[before * m_experts + end])] = static_cast<int32_t>(end);
      end = before;
      touched.push_back(end);
    }
    expert.push_back(static_cast<int32_t>(end));
    for (size_t e : touched) findMovers(e);
  }

  double objective() const {
    double sum = 0;
    for (size_t t = 0; t < expert.size(); ++t) sum += logit(t, static_cast<size_t>(expert[t]));
    return sum;
  }

  // The cheapest closed chain: every change of a balanced assignment is made of such.
  double cheapestCycle() const {
    std::vector<double> path = m_move;
    for (size_t via = 0; via < m_experts; ++via) {
      for (size_t a = 0; a < m_experts; ++a) {
        for (size_t b = 0; b < m_experts; ++b) {
          path[a * m_experts + b] =
              std::min(path[a * m_experts + b], path[a * m_experts + via] + path[via * m_experts + b]);
        }
      }
    }
    double best = kInfinity;
    for (size_t a = 0; a < m_experts; ++a) {
      for (size_t b = 0; b < m_experts; ++b) {
        if (a != b) best = std::min(best, move(a, b) + path[b * m_experts + a]);
      }
    }
    return best == kInfinity ? 0 : std::max(best, 0.0);
  }

  std::vector<int32_t> expert;  // of the tokens seated so far

 private:
  double logit(size_t t, size_t e) const { return m_logits[t * m_experts + e]; }
  double move(size_t a, size_t b) const { return m_move[a * m_experts + b]; }

  // move(a, b) = min over the tokens t of a of logit(t, a) - logit(t, b); the lowest token among equals.
  void findMovers(size_t a) {
    std::fill_n(m_move.begin() + static_cast<ptrdiff_t>(a * m_experts), m_experts, kInfinity);
    for (size_t t = 0; t < expert.size(); ++t) {
      if (static_cast<size_t>(expert[t]) != a) continue;
      for (size_t b = 0; b < m_experts; ++b) {
        const double loss = logit(t, a) - logit(t, b);
        if (b == a || !(loss < move(a, b))) continue;
        m_move[a * m_experts + b] = loss;
        m_mover[a * m_experts + b] = static_cast<int32_t>(t);
      }
    }
  }

  std::vector<double> m_logits;  // (T, E)
  size_t m_experts;
  std::vector<double> m_move;    // (E, E)
  std::vector<int32_t> m_mover;  // (E, E)
  std::vector<int32_t> m_load;   // (E)
  double m_rounding = 0;
};

}  // namespace

template <class S>
Result<BalancedAssignment> balancedAssignment(std::span<const S> logits, int E) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() % experts == 0, "logits {}, E {}", logits.size(), E);
  const size_t T = logits.size() / experts;
  if (T % experts != 0)
    return fail("balanced assignment: expected the number of tokens to be a multiple of {} experts, found {}", E, T);
  Assigner assigner(std::vector<double>(logits.begin(), logits.end()), experts);
  for (size_t t = 0; t < T; ++t) assigner.seat(t, static_cast<int32_t>(T / experts));
  return BalancedAssignment{assigner.expert, assigner.objective(), assigner.cheapestCycle()};
}

template Result<BalancedAssignment> balancedAssignment<float>(std::span<const float>, int);
template Result<BalancedAssignment> balancedAssignment<double>(std::span<const double>, int);

}  // namespace core
