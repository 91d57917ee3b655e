// Rotation, and what the trace asks of long rows: the softmax over a vocabulary without writing it down, where its
// largest values are, and the sums of the ledger. Included by kernels.inl, so everything here exists once for each
// instruction set.

namespace {

void rotate(const float* cos, const float* sin, int half, int halves, float* x, int heads, int P) {
  for (int h = 0; h < heads; ++h) {
    float* head = x + static_cast<int64_t>(h) * P;
    int i = 0;
    for (; halves && i + kLanes <= half; i += kLanes) {
      const V a = load(head + i), b = load(head + half + i), c = load(cos + i), s = load(sin + i);
      store(head + i, a * c - b * s);
      store(head + half + i, b * c + a * s);
    }
    for (; i < half; ++i) {
      float& a = head[halves ? i : 2 * i];
      float& b = head[halves ? i + half : 2 * i + 1];
      const float turned = a * cos[i] - b * sin[i];
      b = b * cos[i] + a * sin[i];
      a = turned;
    }
  }
}

float largest(const float* x, int64_t n) {
  float highest = -__builtin_inff();
  int64_t i = 0;
  if (n >= 4 * kLanes) {
    V best[4];
    for (int j = 0; j < 4; ++j) best[j] = spread(highest);
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      for (int j = 0; j < 4; ++j) {
        const V value = load(x + i + j * kLanes);
        best[j] = value > best[j] ? value : best[j];
      }
    }
    best[0] = best[1] > best[0] ? best[1] : best[0];
    best[2] = best[3] > best[2] ? best[3] : best[2];
    best[0] = best[2] > best[0] ? best[2] : best[0];
    for (int j = 0; j < kLanes; ++j) highest = best[0][j] > highest ? best[0][j] : highest;
  }
  for (; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
  return highest;
}

// Group c * kLanes + l holds the elements that lane l meets in chunk c: no sum across lanes is needed.
void groupMaxima(const float* x, int64_t n, float* maxima) {
  constexpr int64_t kChunk = int64_t{core::kernels::kGroup} * kLanes;
  for (int64_t begin = 0; begin < n; begin += kChunk) {
    const int64_t end = n - begin < kChunk ? n : begin + kChunk;
    V best = spread(-__builtin_inff());
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      const V value = load(x + i);
      best = value > best ? value : best;
    }
    if (i < end) {
      float padded[kLanes];
      store(padded, spread(-__builtin_inff()));
      for (int j = 0; i + j < end; ++j) padded[j] = x[i + j];
      const V value = load(padded);
      best = value > best ? value : best;
    }
    store(maxima, best);
    maxima += kLanes;
  }
}

void expSums(const float* x, int64_t n, float highest, double* sum, double* moment) {
  double total = 0, weighted = 0;
  for (int64_t begin = 0; begin < n; begin += 1024) {  // short sums in float, added up in double
    const int64_t end = begin + 1024 < n ? begin + 1024 : n;
    V part = V{}, mean = V{};
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      __builtin_prefetch(x + i + n);  // of the row behind this one, which is mostly the next: rows of logits come from afar
      const V difference = load(x + i) - highest;
      const V e = exponential(difference);
      part += e;
      mean += e * difference;
    }
    if (i < end) {
      float padded[kLanes];
      store(padded, spread(-128.f));  // exp of it is taken as zero
      for (int j = 0; i + j < end; ++j) padded[j] = x[i + j] - highest;
      const V difference = load(padded);
      const V e = exponential(difference);
      part += e;
      mean += e * difference;
    }
    total += sumLanes(part);
    weighted += sumLanes(mean);
  }
  *sum = total;
  *moment = weighted;
}

void softmaxSums(const float* x, int64_t n, float* top, double* sum, double* moment) {
  *top = largest(x, n);
  expSums(x, n, *top, sum, moment);
}

// The sum is kept in two floats (Knuth's two-sum), so that what is left over is no rounding of its own.
void remainder(const float* parts, int count, const float* whole, int64_t n, float* y) {
  const auto at = [&](const float* p, int64_t d, int width) {
    return width == kLanes ? load(p + d) : loadTail(p + d, width);
  };
  for (int64_t d = 0; d < n; d += kLanes) {
    const int width = n - d < kLanes ? static_cast<int>(n - d) : kLanes;
    V sum = at(whole, d, width), lost = V{};
    for (int p = 0; p < count; ++p) {
      const V term = -at(parts + p * n, d, width);
      const V total = sum + term;
      const V seen = total - sum;
      lost += (sum - (total - seen)) + (term - seen);
      sum = total;
    }
    const V rest = sum + lost;
    if (width == kLanes) {
      store(y + d, rest);
    } else {
      for (int i = 0; i < width; ++i) y[d + i] = rest[i];
    }
  }
}

void threeDots(const float* x, const float* a, const float* b, int64_t n, double* sums) {
  V self = V{}, withA = V{}, withB = V{};
  V oddSelf = V{}, oddWithA = V{}, oddWithB = V{};  // a sum waits for itself: every second vector has sums of its own
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const V value = load(x + i), next = load(x + i + kLanes);
    self += value * value;
    withA += value * load(a + i);
    withB += value * load(b + i);
    oddSelf += next * next;
    oddWithA += next * load(a + i + kLanes);
    oddWithB += next * load(b + i + kLanes);
  }
  self += oddSelf;
  withA += oddWithA;
  withB += oddWithB;
  for (; i + kLanes <= n; i += kLanes) {
    const V value = load(x + i);
    self += value * value;
    withA += value * load(a + i);
    withB += value * load(b + i);
  }
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    const V value = loadTail(x + i, rest);
    self += value * value;
    withA += value * loadTail(a + i, rest);
    withB += value * loadTail(b + i, rest);
  }
  sums[0] = sumLanes(self);
  sums[1] = sumLanes(withA);
  sums[2] = sumLanes(withB);
}

}  // namespace
