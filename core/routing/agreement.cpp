#include "core/routing/agreement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "core/base/uniform.h"
#include "core/routing/jensen_shannon.h"

namespace core {
namespace {

constexpr uint64_t kSeed = 0x41677265;
constexpr int kMostDraws = 24, kLeastDraws = 4;
constexpr int64_t kWork = int64_t{1} << 18;  // choices that are drawn in all

using Choices = std::span<const int32_t>;

std::vector<int64_t> loadsOf(Choices ids, int E, size_t step) {
  std::vector<int64_t> load(static_cast<size_t>(E));
  for (size_t i = 0; i < ids.size(); i += step) {
    if (ids[i] >= 0 && ids[i] < E) ++load[static_cast<size_t>(ids[i])];
  }
  return load;
}

// Of all pairs of a choice here and a choice there, how many are of the same expert.
double meetings(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  double sum = 0;
  for (size_t e = 0; e < a.size(); ++e) sum += static_cast<double>(a[e]) * static_cast<double>(b[e]);
  return sum;
}

// Tokens by their sets of experts, so that equal sets stand together.
class Sets {
 public:
  Sets(Choices ids, size_t K) : m_ids(ids.begin(), ids.end()), m_order(ids.size() / K), m_K(K) {
    for (size_t t = 0; t < m_order.size(); ++t) {
      std::sort(m_ids.begin() + static_cast<ptrdiff_t>(t * K), m_ids.begin() + static_cast<ptrdiff_t>((t + 1) * K));
    }
    std::iota(m_order.begin(), m_order.end(), size_t{0});
    std::sort(m_order.begin(), m_order.end(), [this](size_t s, size_t t) { return compare(row(s), row(t)) < 0; });
  }
  size_t size() const { return m_order.size(); }
  Choices at(size_t place) const { return row(m_order[place]); }
  // One past the last place that has the set of `place`.
  size_t end(size_t place) const {
    size_t end = place + 1;
    while (end < size() && compare(at(end), at(place)) == 0) ++end;
    return end;
  }
  static int compare(Choices a, Choices b) {
    for (size_t k = 0; k < a.size(); ++k) {
      if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
    }
    return 0;
  }

 private:
  Choices row(size_t token) const { return Choices(m_ids).subspan(token * m_K, m_K); }

  std::vector<int32_t> m_ids;
  std::vector<size_t> m_order;
  size_t m_K;
};

double setMeetings(Choices a, Choices b, size_t K) {
  const Sets here(a, K), there(b, K);
  double sum = 0;
  for (size_t i = 0, j = 0; i < here.size() && j < there.size();) {
    // Each run of equal sets is walked through once: the other side's waits for its turn.
    const int order = Sets::compare(here.at(i), there.at(j));
    const size_t nextHere = order <= 0 ? here.end(i) : i, nextThere = order >= 0 ? there.end(j) : j;
    if (order == 0) sum += static_cast<double>(nextHere - i) * static_cast<double>(nextThere - j);
    i = nextHere;
    j = nextThere;
  }
  return sum;
}

void addLoad(Choices ids, size_t token, size_t K, std::vector<int64_t>& load) {
  for (size_t k = token * K; k < (token + 1) * K; ++k) {
    if (ids[k] >= 0 && static_cast<size_t>(ids[k]) < load.size()) ++load[static_cast<size_t>(ids[k])];
  }
}

}  // namespace

Agreement agreementOf(Choices a, Choices b, int E, int K) {
  const auto chosen = static_cast<size_t>(K);
  CHECK(K > 0 && K <= E && a.size() == b.size() && a.size() % chosen == 0, "a {}, b {}, E {}, K {}", a.size(), b.size(),
        E, K);
  Agreement out;
  out.tokens = static_cast<int>(a.size() / chosen);
  out.found = saturation(a, b, K);
  out.even = {static_cast<double>(K) / E, 1.0 / E, 1};
  for (int i = 0; i < K; ++i) out.even.sameSet *= static_cast<double>(K - i) / (E - i);
  const double pairs = static_cast<double>(out.tokens) * out.tokens;
  out.shuffled = {meetings(loadsOf(a, E, 1), loadsOf(b, E, 1)) / (pairs * K),
                  meetings(loadsOf(a, E, chosen), loadsOf(b, E, chosen)) / pairs, setMeetings(a, b, chosen) / pairs};
  return out;
}

LoadDivergence loadDivergence(Choices a, Choices b, int E, int K) {
  const auto chosen = static_cast<size_t>(K);
  CHECK(K > 0 && E > 0 && a.size() % chosen == 0 && b.size() % chosen == 0, "a {}, b {}, E {}, K {}", a.size(),
        b.size(), E, K);
  LoadDivergence out{jensenShannon(loadsOf(a, E, 1), loadsOf(b, E, 1)), NAN};
  if (std::isnan(out.value)) return out;
  const size_t here = a.size() / chosen, all = here + b.size() / chosen;
  const auto work = static_cast<int64_t>(a.size() + b.size());
  const auto draws = static_cast<int>(std::clamp<int64_t>(kWork / work, kLeastDraws, kMostDraws));
  double sum = 0;
  int drawn = 0;
  for (int n = 0; n < draws; ++n) {
    std::vector<size_t> order(all);
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<int64_t> first(static_cast<size_t>(E)), second(static_cast<size_t>(E));
    for (size_t i = 0; i < all; ++i) {
      const auto left = static_cast<double>(all - i);
      std::swap(order[i], order[i + static_cast<size_t>(uniformAt(kSeed, static_cast<uint64_t>(n), i) * left)]);
      const size_t token = order[i];
      addLoad(token < here ? a : b, token < here ? token : token - here, chosen, i < here ? first : second);
    }
    const double one = jensenShannon(first, second);
    if (std::isnan(one)) continue;  // all choices are on one side
    sum += one;
    ++drawn;
  }
  if (drawn > 0) out.shuffled = sum / drawn;
  return out;
}

}  // namespace core
