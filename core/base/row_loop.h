// A loop over rows on an engine's resting threads, or on the caller's alone. Rows are independent of each other, so the
// result is the same bits either way.
#pragma once

#include <algorithm>

#include "core/base/thread_pool.h"

namespace core {

constexpr int kRowsAPiece = 16;

// body(begin, end) for pieces of [0, rows); it must not throw.
template <class Body>
void forRows(ThreadPool* pool, int rows, const Body& body) {
  if (!pool || rows <= kRowsAPiece) {
    if (rows > 0) body(0, rows);
    return;
  }
  pool->run((rows + kRowsAPiece - 1) / kRowsAPiece,
            [&](int piece) { body(piece * kRowsAPiece, std::min(rows, (piece + 1) * kRowsAPiece)); });
}

}  // namespace core
