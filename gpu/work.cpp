#include "gpu/work.h"

namespace gpu {
namespace {

constexpr uint64_t kScoreBytes = uint64_t{32} << 20;
constexpr uint32_t kSmallestTile = 1;

uint32_t unsignedOf(int value) { return static_cast<uint32_t>(value); }
uint64_t aligned(uint64_t bytes) { return (bytes + 255) / 256 * 256; }

}  // namespace

Sizes::Sizes(const core::ModelConfig& config) {
  const core::AttentionConfig& attention = config.attention;
  D = unsignedOf(config.width);
  E = unsignedOf(config.router.experts);
  K = unsignedOf(config.router.chosen);
  normsLogits = config.router.logitNorm > 0;
  selects = config.router.selectionBias || config.router.groups > 1;
  attendsExperts = config.router.attentionLogits;
  attentionE = unsignedOf(config.attentionRouter.experts);
  attentionK = unsignedOf(config.attentionRouter.chosen);
  rankStride = attentionE > 0 ? padded(unsignedOf(attention.keyValueHeads * attention.headDim)) : 0;
  filterHalf = attention.localFilter ? D / 2 : 0;
  V = unsignedOf(config.vocabulary);
  stride = padded(D);
  heads = unsignedOf(attention.heads);
  queries = unsignedOf(attention.heads * attention.headDim);
  keys = unsignedOf(attention.keyValueHeads * attention.headDim);
  values = unsignedOf(attention.keyValueHeads * attention.valueDim());
  queryCache = unsignedOf(attention.heads) * padded(unsignedOf(attention.headDim));
  keyCache = unsignedOf(attention.keyValueHeads) * padded(unsignedOf(attention.headDim));
  valueCache = unsignedOf(attention.keyValueHeads) * padded(unsignedOf(attention.valueDim()));
  mixed = unsignedOf(attention.heads * attention.valueDim());
  mixStride = padded(mixed);
  const core::LatentAttention& squeezed = attention.latent;
  const bool hasLatent = squeezed.keyValueRank > 0;
  queryLatent = hasLatent ? padded(unsignedOf(squeezed.queryRank)) : 0;
  latent = padded(unsignedOf(squeezed.keyValueRank));
  sharedKey = hasLatent ? unsignedOf(squeezed.ropeDim) : 0;
  latentHeads = hasLatent ? unsignedOf(attention.heads * (squeezed.nopeDim + squeezed.valueDim)) : 0;
  rotated = unsignedOf(attention.rope.dimensions) / 2;
  gateTimes = config.activation == core::Activation::TripleSwiGlu ? 2 : 1;
  expertHidden = E > 0 ? unsignedOf(config.expertHidden) : 0;
  sharedHidden = config.shared == core::SharedExpert::None ? 0 : unsignedOf(config.sharedHidden);
  denseHidden = 0;
  for (const core::LayerConfig& layer : config.layer) {
    if (!layer.moe) denseHidden = std::max(denseHidden, unsignedOf(layer.denseHidden));
  }
}

uint64_t Sizes::widestPerToken(uint32_t columns) const {
  const uint64_t hidden =
      std::max<uint64_t>({uint64_t{columns} * padded(expertHidden), padded(sharedHidden), padded(denseHidden)});
  const uint64_t choices = std::max(columns, attentionK);
  return std::max<uint64_t>({stride, queryCache, mixStride, queryLatent, latent, latentHeads, hidden * gateTimes,
                             choices * stride, E, attentionE, choices * 4, uint64_t{attentionK} * rankStride,
                             filterHalf > 0 ? 2ull * stride : 0});
}

View Work::tokenIds() const { return inputOnDevice().view(idsOffset, aligned(uint64_t{room.tokens} * 4)); }
Turns Work::turns() const {
  return {inputOnDevice().view(cosOffset, changesOffset - cosOffset),
          static_cast<uint32_t>((sinOffset - cosOffset) / 4)};
}
View Work::changes() const { return inputOnDevice().view(changesOffset, inputBytes - changesOffset); }

uint64_t scoreBytes(const Device& device, const Sizes& s, uint32_t tokens, uint32_t positions) {
  const uint64_t oneQuery = uint64_t{s.heads} * positions * 4;
  return std::max(oneQuery, std::min(oneQuery * tokens, std::min(kScoreBytes, device.maxBindingBytes())));
}

bool fits(const Work& work, const Need& need) {
  const Need& room = work.room;
  return need.tokens <= room.tokens && need.scoreBytes <= room.scoreBytes && need.logitRows <= room.logitRows &&
         need.captureBytes <= room.captureBytes && need.columns <= room.columns && need.changeWords <= room.changeWords;
}

core::Status growWork(const std::shared_ptr<Device>& device, const Sizes& s, const Need& need, Work& work) {
  Need room = work.room;
  room.tokens = std::max(room.tokens, need.tokens);
  room.scoreBytes = std::max(room.scoreBytes, need.scoreBytes);
  room.logitRows = std::max(room.logitRows, need.logitRows);
  room.captureBytes = std::max(room.captureBytes, need.captureBytes);
  room.columns = std::max(room.columns, need.columns);
  room.changeWords = std::max(room.changeWords, need.changeWords);
  work = Work();  // the old memory goes first: both together might not fit
  Work made;
  made.room = room;

  const uint64_t T = room.tokens;
  core::Status status;
  const auto make = [&](Buffer& buffer, uint64_t floats, MemoryUse use, std::string_view what) {
    if (!status || floats == 0) return;
    const uint64_t bytes = floats * 4;
    if (use == MemoryUse::Device && bytes > device->maxBindingBytes()) {
      status = core::fail("{}: {} of {} tokens take {} bytes, a binding holds {}; run fewer tokens at a time",
                          device->report().name, what, T, bytes, device->maxBindingBytes());
      return;
    }
    auto result = device->makeBuffer(bytes, use, what);
    if (result) buffer = std::move(*result);
    if (!result) status = tl::unexpected(result.error());
  };
  const auto onDevice = [&](Buffer& buffer, uint64_t floats, std::string_view what) {
    make(buffer, floats, MemoryUse::Device, what);
  };

  made.idsOffset = 256;
  made.cosOffset = made.idsOffset + aligned(T * 4);
  made.sinOffset = made.cosOffset + aligned(std::max<uint64_t>(T * s.rotated * 4, 4));
  made.changesOffset = made.sinOffset + aligned(std::max<uint64_t>(T * s.rotated * 4, 4));
  made.inputBytes = made.changesOffset + aligned(room.changeWords * 4);
  make(made.input, made.inputBytes / 4, MemoryUse::Upload, "the step's input");
  if (!device->hostMemory()) onDevice(made.inputDevice, made.inputBytes / 4, "the step's input");

  onDevice(made.x, T * s.stride, "the residual stream");
  onDevice(made.h, T * s.stride, "normed rows");
  onDevice(made.q, T * s.queries, "queries");
  onDevice(made.k, T * s.keys, "keys");
  onDevice(made.v, T * s.values, "values");
  onDevice(made.queryLatent, T * s.queryLatent, "squeezed queries");
  onDevice(made.latent, T * s.latent, "latents");
  onDevice(made.sharedKey, T * s.sharedKey, "shared keys");
  onDevice(made.latentHeads, T * s.latentHeads, "keys and values");
  onDevice(made.qPadded, T * s.queryCache, "queries");
  onDevice(made.scores, room.scoreBytes / 4, "attention scores");
  onDevice(made.mix, T * s.mixStride, "attention's mix");
  onDevice(made.attention, T * s.stride, "attention's output");

  if (s.filterHalf > 0) {
    onDevice(made.pairs, (T + 1) * padded(2 * s.D), "pairs of tokens");
    onDevice(made.half, (T + 1) * s.filterHalf, "filtered rows");
    onDevice(made.filtered, T * s.stride, "filtered rows");
  }
  if (s.attentionE > 0) onDevice(made.mixRanks, T * s.attentionK * s.rankStride, "attention's mix");
  if (s.E > 0 || s.attentionE > 0) {  // two routers of a layer take turns
    const uint32_t E = std::max(s.E, s.attentionE), K = std::max(room.columns, s.attentionK);
    const bool changes = room.changeWords > 0;
    onDevice(made.routerLogits, T * E, "router logits");
    onDevice(made.routerScores, T * E, "router scores");
    if (s.attendsExperts) {
      for (Buffer* part : {&made.routerQuery, &made.routerKey, &made.routerValue})
        onDevice(*part, T * s.E, "router logits");
    }
    if (s.selects || changes) onDevice(made.selection, T * s.E, "selection scores");
    if (s.normsLogits || changes) onDevice(made.normedLogits, T * s.E, "normalised router logits");
    for (Buffer* choice : {&made.ids, &made.applied, &made.slot, &made.kept, &made.rows})
      onDevice(*choice, T * K, "choices");
    onDevice(made.asked, E, "counts");
    onDevice(made.begins, E, "counts");
    onDevice(made.tiles, 4ull * DeviceOps::tileCount(room.tokens * K, E, kSmallestTile), "tiles");
    onDevice(made.parts, T * K * s.stride, "experts' outputs");
    onDevice(made.routed, T * s.stride, "the routed sum");
  }
  onDevice(made.shared, T * s.stride, "the shared expert's output");
  onDevice(made.gateLogit, T, "gates");
  const uint64_t hidden = T * std::max<uint64_t>({uint64_t{room.columns} * padded(s.expertHidden),
                                                  padded(s.sharedHidden), padded(s.denseHidden)});
  onDevice(made.gate, hidden * s.gateTimes, "hidden rows");
  onDevice(made.up, hidden, "hidden rows");
  onDevice(made.hidden, hidden, "hidden rows");
  onDevice(made.logits, uint64_t{room.logitRows} * s.V, "logits");
  if (!device->hostMemory()) make(made.logitsHost, uint64_t{room.logitRows} * s.V, MemoryUse::Download, "logits");
  make(made.capture, room.captureBytes / 4, MemoryUse::Download, "captured tensors");
  TRY_STATUS(status);
  // Padding of rows is a product's input: zeros, and it stays so.
  TRY_STATUS(runOnce(device, [&](Recorder& recorder) {
    for (Buffer* buffer : {&made.x, &made.h, &made.filtered, &made.queryLatent, &made.latent, &made.mix,
                           &made.attention, &made.parts, &made.routed, &made.shared, &made.hidden}) {
      if (*buffer) recorder.zero(buffer->view());
    }
  }));
  work = std::move(made);
  return {};
}

}  // namespace gpu
