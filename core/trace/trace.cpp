// A stream is a list of blocks in token order. Generation appends one token at a time; so that a long run does not
// become thousands of tiny blocks, a new block is merged with its predecessors while they are no larger than it and the
// sum stays below kMergedTokens: like adding one to a binary number, each row is copied a few times at most.
#include "core/trace/trace.h"

#include <algorithm>

#include "core/base/check.h"

namespace core {
namespace {

constexpr int kMergedTokens = 256;

const std::vector<int32_t> kNoIds;
const std::vector<std::string> kNoTexts;

bool sameHooks(const Block& a, const Block& b) {
  return a.arrays.size() == b.arrays.size() &&
         std::equal(a.arrays.begin(), a.arrays.end(), b.arrays.begin(),
                    [](const Array& x, const Array& y) { return x.hook == y.hook && x.columns == y.columns; });
}

// The blocks one behind the other, then `last`.
Block joined(std::span<const std::shared_ptr<const Block>> blocks, const Block& last) {
  const Block& first = *blocks.front();
  Block sum{last.stream, last.layer, first.firstToken, last.firstToken + last.tokens - first.firstToken, {}};
  sum.arrays.reserve(last.arrays.size());
  for (size_t i = 0; i < last.arrays.size(); ++i) {
    Array& into = sum.arrays.emplace_back();
    into.hook = last.arrays[i].hook;
    into.columns = last.arrays[i].columns;
    const auto append = [&](const Array& from) {
      into.floats.insert(into.floats.end(), from.floats.begin(), from.floats.end());
      into.ints.insert(into.ints.end(), from.ints.begin(), from.ints.end());
    };
    const size_t size = static_cast<size_t>(sum.tokens) * static_cast<size_t>(into.columns);
    if (last.arrays[i].ints.empty()) into.floats.reserve(size);
    if (last.arrays[i].floats.empty()) into.ints.reserve(size);
    for (const auto& block : blocks) append(block->arrays[i]);
    append(last.arrays[i]);
  }
  return sum;
}

void checkBlock(const Block& block) {
  CHECK(block.tokens > 0 && block.firstToken >= 0, "empty block");
  for (const Array& array : block.arrays) {
    const HookInfo& info = hookInfo(array.hook);
    CHECK(info.stream == block.stream, "{} does not belong to this stream", info.name);
    const size_t size = info.type == HookType::F32 ? array.floats.size() : array.ints.size();
    CHECK(size == static_cast<size_t>(block.tokens) * static_cast<size_t>(array.columns),
          "{}: expected ({}, {}), found {} values", info.name, block.tokens, array.columns, size);
  }
}

}  // namespace

const Array* Block::find(Hook hook) const {
  for (const Array& array : arrays) {
    if (array.hook == hook) return &array;
  }
  return nullptr;
}

Trace::Trace(std::shared_ptr<const RunInfo> info) : m_info(std::move(info)) {
  m_streams.resize(static_cast<size_t>(kStreams) * static_cast<size_t>(std::max(1, m_info->config->layers)));
}

const std::vector<int32_t>& Trace::ids() const { return m_ids ? *m_ids : kNoIds; }
const std::vector<std::string>& Trace::texts() const { return m_texts ? *m_texts : kNoTexts; }

const Trace::BlockList* Trace::list(Stream stream, int layer) const {
  const size_t index = static_cast<size_t>(stream) + static_cast<size_t>(kStreams) * static_cast<size_t>(layer);
  if (layer < 0 || index >= m_streams.size()) return nullptr;
  return m_streams[index].get();
}

int Trace::tokens(Stream stream, int layer) const {
  const BlockList* blocks = list(stream, layer);
  if (blocks && !blocks->empty()) return blocks->back()->firstToken + blocks->back()->tokens;
  if (!m_under) return 0;
  const auto seen = [&](const HookInfo& info) {
    return info.stream == stream && m_seenThrough.test(static_cast<size_t>(info.hook));
  };
  return std::any_of(allHooks().begin(), allHooks().end(), seen) ? m_under->tokens(stream, layer) : 0;
}

const Trace* Trace::under(Hook hook, int layer) const {
  if (!m_under || !m_seenThrough.test(static_cast<size_t>(hook))) return nullptr;
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  const bool own = blocks && std::any_of(blocks->begin(), blocks->end(),
                                         [&](const auto& block) { return block->find(hook) != nullptr; });
  return own ? nullptr : m_under.get();
}

const Array* Trace::arrayAt(Hook hook, int layer, int token, int& row) const {
  if (const Trace* recorded = under(hook, layer)) return recorded->arrayAt(hook, layer, token, row);
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  if (!blocks || token < 0) return nullptr;
  auto after = std::upper_bound(blocks->begin(), blocks->end(), token,
                                [](int wanted, const auto& block) { return wanted < block->firstToken; });
  if (after == blocks->begin()) return nullptr;
  const Block& block = **std::prev(after);
  row = token - block.firstToken;
  return row < block.tokens ? block.find(hook) : nullptr;
}

std::span<const float> Trace::floats(Hook hook, int layer, int token) const {
  int row = 0;
  const Array* array = arrayAt(hook, layer, token, row);
  if (!array || array->floats.empty()) return {};
  const auto columns = static_cast<size_t>(array->columns);
  return {array->floats.data() + static_cast<size_t>(row) * columns, columns};
}

std::span<const int32_t> Trace::ints(Hook hook, int layer, int token) const {
  int row = 0;
  const Array* array = arrayAt(hook, layer, token, row);
  if (!array || array->ints.empty()) return {};
  const auto columns = static_cast<size_t>(array->columns);
  return {array->ints.data() + static_cast<size_t>(row) * columns, columns};
}

bool Trace::has(Hook hook, int layer) const {
  if (const Trace* recorded = under(hook, layer)) return recorded->has(hook, layer);
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  if (!blocks) return false;
  return std::any_of(blocks->begin(), blocks->end(), [&](const auto& block) { return block->find(hook) != nullptr; });
}

int Trace::columns(Hook hook, int layer) const {
  if (const Trace* recorded = under(hook, layer)) return recorded->columns(hook, layer);
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  if (!blocks) return 0;
  for (const auto& block : *blocks) {
    if (const Array* array = block->find(hook)) return array->columns;
  }
  return 0;
}

namespace {

// Rows [first, first + count) of a stream's blocks, copied block by block; empty unless all of them are there.
template <class T>
std::vector<T> gathered(const std::vector<std::shared_ptr<const Block>>& blocks, Hook hook, int first, int count,
                        std::vector<T> Array::*values) {
  std::vector<T> all;
  int next = first;
  for (const auto& block : blocks) {
    if (next >= first + count || block->firstToken > next) break;
    if (block->firstToken + block->tokens <= next) continue;
    const Array* array = block->find(hook);
    if (!array || (array->*values).empty()) return {};
    const auto columns = static_cast<ptrdiff_t>(array->columns);
    const int last = std::min(block->firstToken + block->tokens, first + count);
    if (all.empty()) all.reserve(static_cast<size_t>(columns) * static_cast<size_t>(count));
    const auto begin = (array->*values).begin();
    all.insert(all.end(), begin + (next - block->firstToken) * columns, begin + (last - block->firstToken) * columns);
    next = last;
  }
  if (next < first + count) return {};
  return all;
}

}  // namespace

std::vector<float> Trace::gatherFloats(Hook hook, int layer, int first, int count) const {
  if (const Trace* recorded = under(hook, layer)) return recorded->gatherFloats(hook, layer, first, count);
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  return blocks && first >= 0 ? gathered(*blocks, hook, first, count, &Array::floats) : std::vector<float>{};
}

std::vector<int32_t> Trace::gatherInts(Hook hook, int layer, int first, int count) const {
  if (const Trace* recorded = under(hook, layer)) return recorded->gatherInts(hook, layer, first, count);
  const BlockList* blocks = list(hookInfo(hook).stream, layer);
  return blocks && first >= 0 ? gathered(*blocks, hook, first, count, &Array::ints) : std::vector<int32_t>{};
}

void Trace::add(Block block) {
  checkBlock(block);
  const size_t index =
      static_cast<size_t>(block.stream) + static_cast<size_t>(kStreams) * static_cast<size_t>(block.layer);
  CHECK(block.layer >= 0 && index < m_streams.size(), "layer {} of {}", block.layer, config().layers);
  BlockList blocks = m_streams[index] ? *m_streams[index] : BlockList{};
  const int wanted = blocks.empty() ? 0 : blocks.back()->firstToken + blocks.back()->tokens;
  CHECK(block.firstToken == wanted, "block begins at token {}, expected {}", block.firstToken, wanted);

  size_t kept = blocks.size();  // the others are merged with the new one
  int tokens = block.tokens;
  while (kept > 0 && blocks[kept - 1]->tokens <= tokens && blocks[kept - 1]->tokens + tokens <= kMergedTokens &&
         sameHooks(*blocks[kept - 1], block)) {
    tokens += blocks[--kept]->tokens;
  }
  if (kept < blocks.size()) block = joined(std::span(blocks).subspan(kept), block);
  blocks.resize(kept);
  blocks.push_back(std::make_shared<const Block>(std::move(block)));
  m_streams[index] = std::make_shared<const BlockList>(std::move(blocks));
}

Trace Trace::with(Block block) const& {
  Trace next = *this;
  next.add(std::move(block));
  return next;
}

Trace Trace::with(Block block) && {
  add(std::move(block));
  return std::move(*this);
}

Trace Trace::withIds(std::vector<int32_t> ids, std::vector<std::string> texts) const {
  CHECK(ids.size() == texts.size(), "{} ids, {} texts", ids.size(), texts.size());
  Trace next = *this;
  next.m_ids = std::make_shared<const std::vector<int32_t>>(std::move(ids));
  next.m_texts = std::make_shared<const std::vector<std::string>>(std::move(texts));
  return next;
}

Trace Trace::withInfo(std::shared_ptr<const RunInfo> info) const {
  CHECK(info->config->layers == config().layers, "another model");
  Trace next = *this;
  next.m_info = std::move(info);
  return next;
}

Trace Trace::replayed(std::shared_ptr<const RunInfo> info, std::span<const Hook> seenThrough) const {
  CHECK(info->config->layers == config().layers, "another model");
  Trace next(std::move(info));
  next.m_ids = m_ids;
  next.m_texts = m_texts;
  next.m_under = std::make_shared<const Trace>(*this);
  for (const Hook hook : seenThrough) next.m_seenThrough.set(static_cast<size_t>(hook));
  return next;
}

std::vector<std::shared_ptr<const Block>> Trace::blocks(Stream stream, int layer) const {
  const BlockList* blocks = list(stream, layer);
  return blocks ? *blocks : BlockList{};
}

}  // namespace core
