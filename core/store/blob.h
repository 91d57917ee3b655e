// The bytes of the session database: recorded rows, token ids, token texts and posting lists. docs/FORMAT.md states the
// layouts. Everything is little-endian. Reading checks magic, version, counts, lengths and a checksum before anything
// is allocated, that the columns fit the model, and that ids are inside their tables, since views index by them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/trace/trace.h"

namespace core {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// Where a block of rows belongs, as its database row says.
struct BlockKey {
  Stream stream = Stream::Layer;
  int layer = 0;
  int first = 0;
  int tokens = 0;
};

constexpr int kMaxRunTokens = 1 << 24;

std::string_view streamName(Stream stream);  // layer, layer_head, layer_next, head, head_next, embeddings
std::optional<Stream> streamNamed(std::string_view name);

// Values in one token's row of a hook for this model, the `shape` of core/trace/hooks.h; 0: the model has no such hook.
int columnsOf(Hook hook, const ModelConfig& config);

// The arrays of `block` up to `level`; empty if there are none.
Bytes encodeBlock(const Block& block, Capture level);
// Arrays of hooks that this program does not know are left out.
Result<Block> decodeBlock(ByteView bytes, const BlockKey& key, const ModelConfig& config, std::string_view place);

Bytes encodeIds(std::span<const int32_t> ids);
Result<std::vector<int32_t>> decodeIds(ByteView bytes, int count, int vocabulary, std::string_view place);

Bytes encodeTexts(std::span<const std::string> texts);
Result<std::vector<std::string>> decodeTexts(ByteView bytes, int count, std::string_view place);

}  // namespace core
