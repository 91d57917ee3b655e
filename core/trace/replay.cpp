// Layers are cut into pieces of at most kPiece tokens where the policy is causal, so that two threads share the work
// evenly; a policy that looks ahead gets a group of tokens at once, all of a layer if it is not cut into groups. A
// second loop puts each layer's pieces together, decides the slots and makes the block.
#include "core/trace/replay.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "core/base/check.h"
#include "core/routing/policy_reads.h"
#include "core/routing/policy_record.h"
#include "core/routing/score.h"
#include "core/trace/routing_rows.h"

namespace core {
namespace {

constexpr int kPiece = 512;

struct Piece {
  int layer = 0, first = 0, tokens = 0;
  std::span<const float> logits, softmax, selection;  // in the recorded block, or in what is held here
  std::vector<float> copied, madeSoftmax;
  Result<PolicyRouting> routing = PolicyRouting{};
};

class Replayer {
 public:
  Replayer(const Trace& recorded, const ReplayOptions& options, const ReplayProgress& progress)
      : m_recorded(recorded),
        m_asked(options),
        m_options(options),
        m_progress(progress),
        m_router(routerOfRun(recorded)) {
    m_options.policy = onRecordedLogits(options.policy, m_router);
    m_options.policy.K = meanChoices(m_options.policy, m_router.experts);
  }

  Result<Trace> run(ThreadPool& pool) {
    TRY_STATUS(checkPolicy(m_options.policy, m_router.experts));
    if (ofReplay() && m_router.selectionBias && m_options.policy.kind == PolicyKind::GroupedTopK) {
      return fail(
          "grouped-topk: a kept replay does not hold the bias that this model's router adds for the choice; "
          "replay the run it was made from");
    }
    TRY_STATUS(cut());
    m_own = ownPolicy();
    const int pieces = static_cast<int>(m_pieces.size());
    pool.run(pieces, [&](int at) { work(m_pieces[static_cast<size_t>(at)]); });
    if (m_stopped) return cancelled();
    for (const Piece& piece : m_pieces) {
      if (!piece.routing) return failAt(fmt::format("layer {}", piece.layer), piece.routing.error());
      m_columns = std::max(m_columns, piece.routing->columns);
    }
    TRY_ASSIGN(const CapacityOptions capacity, capacityFor());
    std::vector<Block> blocks(m_layers.size());
    std::vector<Status> states(m_layers.size());
    pool.run(static_cast<int>(m_layers.size()), [&](int at) {
      const auto i = static_cast<size_t>(at);
      states[i] = finish(m_layers[i], capacity, blocks[i]);
    });
    for (const Status& state : states) TRY_STATUS(state);
    return assemble(capacity, std::move(blocks));
  }

 private:
  struct LayerPieces {
    int layer = 0, tokens = 0;
    size_t begin = 0, end = 0;  // of m_pieces
  };

  bool ofReplay() const { return m_recorded.info().replay.has_value(); }

  Status cut() {
    const bool causal = policyInfo(m_options.policy.kind).causal;
    for (int layer = 0; layer < m_recorded.config().layers; ++layer) {
      const int tokens = m_recorded.tokens(Stream::Layer, layer);
      if (!m_recorded.config().layer[static_cast<size_t>(layer)].moe || tokens == 0) continue;
      if (!m_recorded.has(Hook::RouterLogits, layer)) {
        return fail("layer {}: this run holds no router logits, so nothing can be decided again; record it again",
                    layer);
      }
      LayerPieces& all = m_layers.emplace_back(LayerPieces{layer, tokens, m_pieces.size(), 0});
      if (causal) {
        cutBlocks(layer);
      } else {
        for (const TokenRange& group : groupsOf(tokens, m_options.serving.groupSize(tokens))) {
          Piece piece;
          piece.layer = layer;
          piece.first = group.first;
          piece.tokens = group.count;
          piece.copied = m_recorded.gatherFloats(Hook::RouterLogits, layer, group.first, group.count);
          m_pieces.push_back(std::move(piece));
        }
      }
      all.end = m_pieces.size();
    }
    if (m_layers.empty()) return fail("there is nothing to replay: this run has no layer with experts");
    return {};
  }

  void cutBlocks(int layer) {
    for (const auto& block : m_recorded.blocks(Stream::Layer, layer)) {
      for (int from = 0; from < block->tokens; from += kPiece) {
        Piece piece;
        piece.layer = layer;
        piece.first = block->firstToken + from;
        piece.tokens = std::min(kPiece, block->tokens - from);
        const auto rows = [&](Hook hook) {
          const Array* array = block->find(hook);
          if (!array || array->floats.empty()) return std::span<const float>{};
          const auto columns = static_cast<size_t>(array->columns);
          return std::span(array->floats)
              .subspan(static_cast<size_t>(from) * columns, static_cast<size_t>(piece.tokens) * columns);
        };
        piece.logits = rows(Hook::RouterLogits);
        if (recordsSoftmax()) piece.softmax = rows(Hook::RouterScores);
        if (!ofReplay()) piece.selection = rows(Hook::RouterSelection);
        m_pieces.push_back(std::move(piece));
      }
    }
  }

  // Choice and weights are the model's own, whatever happens to the slots.
  bool ownPolicy() const {
    return m_options.policy.kind == policyOf(m_router).kind && settingsText(m_options.policy, m_router).empty();
  }

  bool recordsScores() const {
    return m_router.score == ScoreFunction::Softmax || m_router.score == ScoreFunction::Sigmoid;
  }
  // What stands among the recorded scores is the softmax of the logits. A kept replay holds those of its policy.
  bool recordsSoftmax() const {
    return m_router.score == ScoreFunction::Softmax && m_router.logitNorm <= 0 && !ofReplay();
  }
  // What was recorded, scores and entropy, is not that of the softmax.
  bool recordsOtherScores() const { return recordsScores() && !recordsSoftmax(); }

  static std::span<const float> logitsOf(const Piece& piece) {
    return piece.copied.empty() ? piece.logits : std::span<const float>(piece.copied);
  }

  void work(Piece& piece) {
    if (m_stopped) return;
    PolicyInput input;
    input.logits = logitsOf(piece);
    input.E = m_router.experts;
    input.layer = piece.layer;
    input.firstToken = piece.first;
    input.tokenIds =
        std::span(m_recorded.ids()).subspan(static_cast<size_t>(piece.first), static_cast<size_t>(piece.tokens));
    input.softmax = piece.softmax;
    std::vector<float> bias;
    if (m_options.policy.kind == PolicyKind::GroupedTopK && policyOf(m_router).kind == PolicyKind::GroupedTopK) {
      if (m_own) input.selection = piece.selection;
      Result<std::vector<float>> added = m_own ? std::vector<float>() : biasOf(piece.layer);
      if (added) bias = std::move(*added);
      if (!added) piece.routing = tl::unexpected<Error>(added.error());
      input.bias = bias;
    }
    if (piece.routing) piece.routing = routeBy(m_options.policy, input);
    if (piece.routing && piece.routing->scores.empty() && recordsOtherScores()) {
      piece.madeSoftmax.resize(input.logits.size());
      softmaxRows<float>(input.logits, m_router.experts, piece.madeSoftmax);
      piece.softmax = piece.madeSoftmax;
    }
    const std::lock_guard lock(m_mutex);
    m_done += 1;
    if (m_progress && !m_progress(static_cast<double>(m_done) / static_cast<double>(m_pieces.size()))) m_stopped = true;
  }

  // What a family adds to the scores for the choice, from a token whose groups were not masked: selection - score.
  Result<std::vector<float>> biasOf(int layer) const {
    if (!m_router.selectionBias || !m_recorded.has(Hook::RouterSelection, layer)) return std::vector<float>();
    std::vector<float> bias(static_cast<size_t>(m_router.experts));
    std::vector<bool> known(bias.size());
    for (int t = 0; t < m_recorded.tokens(Stream::Layer, layer); ++t) {
      const auto selection = m_recorded.floats(Hook::RouterSelection, layer, t),
                 scores = m_recorded.floats(Hook::RouterScores, layer, t);
      bool missing = false;
      for (size_t e = 0; e < bias.size() && e < selection.size() && e < scores.size(); ++e) {
        if (!known[e] && std::isfinite(selection[e])) bias[e] = selection[e] - scores[e], known[e] = true;
        missing = missing || !known[e];
      }
      if (!missing) break;
    }
    const auto unknown = std::find(known.begin(), known.end(), false);
    if (unknown != known.end()) {
      return fail(
          "expert {}: no token of this run kept its group, so its bias is not in the recording; record more tokens",
          unknown - known.begin());
    }
    return bias;
  }

  bool sameSlots(const CapacityOptions& options) const {
    const CapacityOptions& own = m_recorded.info().capacity;
    return options.active == own.active && options.rule == own.rule && options.factor == own.factor &&
           m_options.serving == Serving{};
  }

  Result<CapacityOptions> capacityFor() const {
    const CapacityOptions& own = m_recorded.info().capacity;
    CapacityOptions options = own;
    options.minCapacity = m_router.minCapacity;
    options.active = own.active || m_options.rule || m_options.factor;
    if (m_options.rule) options.rule = *m_options.rule;
    if (m_options.factor) options.factor = *m_options.factor;
    if (!m_router.dropsChoices && !own.active) {
      options.rule = m_options.rule.value_or(CapacityRule::Gshard);
      options.factor = m_options.factor.value_or(1.0);
    }
    options.simulated = options.active && (own.simulated || !m_own || !sameSlots(options));
    if (options.active)
      TRY_STATUS(
          capacity(options.rule, {1, m_router.experts, m_options.policy.K, options.factor, options.minCapacity}));
    return options;
  }

  // Puts a layer's pieces together.
  Status finish(const LayerPieces& layer, const CapacityOptions& capacityOptions, Block& block) const {
    const auto columns = static_cast<size_t>(m_columns), rows = static_cast<size_t>(layer.tokens);
    Array ids{Hook::RouterIds, m_columns, {}, std::vector<int32_t>(rows * columns, -1)};
    Array weights{Hook::RouterWeights, m_columns, std::vector<float>(rows * columns), {}};
    Array scores{Hook::RouterScores, m_router.experts, {}, {}},
        selection{Hook::RouterSelection, m_router.experts, {}, {}}, entropies{Hook::RouterEntropy, 1, {}, {}};
    for (size_t i = layer.begin; i < layer.end; ++i) {
      const Piece& piece = m_pieces[i];
      const PolicyRouting& from = *piece.routing;
      const auto width = static_cast<size_t>(from.columns);
      for (size_t t = 0; t < static_cast<size_t>(piece.tokens); ++t) {
        const size_t to = (static_cast<size_t>(piece.first) + t) * columns;
        std::copy_n(from.ids.begin() + static_cast<ptrdiff_t>(t * width), width,
                    ids.ints.begin() + static_cast<ptrdiff_t>(to));
        std::copy_n(from.weights.begin() + static_cast<ptrdiff_t>(t * width), width,
                    weights.floats.begin() + static_cast<ptrdiff_t>(to));
      }
      scores.floats.insert(scores.floats.end(), from.scores.begin(), from.scores.end());
      selection.floats.insert(selection.floats.end(), from.selection.begin(), from.selection.end());
      scores.floats.insert(scores.floats.end(), piece.madeSoftmax.begin(), piece.madeSoftmax.end());
      addEntropies(piece, entropies.floats);
    }
    block = {Stream::Layer, layer.layer, 0, layer.tokens, {}};
    Array margins = marginsOf(layer, ids.ints);
    if (capacityOptions.active) TRY_STATUS(decide(layer, capacityOptions, ids.ints, block));
    if (m_options.dropWeights) weighDrops(block, ids.ints, weights.floats);
    for (Array* array : {&ids, &weights, &scores, &selection, &margins, &entropies}) {
      if (!array->floats.empty() || !array->ints.empty()) block.arrays.push_back(std::move(*array));
    }
    return {};
  }

  // Of the scores where the policy has others than the softmax.
  void addEntropies(const Piece& piece, std::vector<float>& entropies) const {
    if (asRecorded(*piece.routing)) return;
    const auto E = static_cast<size_t>(m_router.experts);
    std::vector<float> scratch;
    for (size_t t = 0; t < static_cast<size_t>(piece.tokens); ++t) {
      const std::span<const float> made = piece.routing->scores;
      entropies.push_back(made.empty() ? softmaxEntropy(logitsOf(piece).subspan(t * E, E), kernels::best())
                                       : scoreEntropy(made.subspan(t * E, E), scratch));
    }
  }
  bool asRecorded(const PolicyRouting& routing) const {
    return routing.scores.empty() && !ofReplay() && !recordsOtherScores();
  }

  Array marginsOf(const LayerPieces& layer, const std::vector<int32_t>& ids) const {
    Array margins{Hook::RouterMargin, 1, {}, {}};
    if (!ranksExperts(m_options.policy.kind)) return margins;
    const auto E = static_cast<size_t>(m_router.experts), K = static_cast<size_t>(m_columns);
    margins.floats.assign(static_cast<size_t>(layer.tokens), NAN);
    if (K == E) return margins;
    for (size_t i = layer.begin; i < layer.end; ++i) {
      const Piece& piece = m_pieces[i];
      const PolicyRouting& routing = *piece.routing;
      const std::span<const float> values = rankedBy(m_options.policy, routing, logitsOf(piece), piece.softmax);
      for (size_t t = 0; t < static_cast<size_t>(piece.tokens); ++t) {
        const size_t token = static_cast<size_t>(piece.first) + t;
        const auto row = values.subspan(t * E, E);
        const auto chosen = std::span(ids).subspan(token * K, K);
        // Scores have the order of the logits: who comes next by one comes next by the other.
        margins.floats[token] = routing.next.empty() ? marginOf(row, chosen) : marginTo(row, chosen, routing.next[t]);
      }
    }
    return margins;
  }

  // Generated tokens come alone where the family drops choices.
  Status decide(const LayerPieces& layer, const CapacityOptions& options, const std::vector<int32_t>& ids,
                Block& block) const {
    LayerDispatch decided;
    decided.tokens = layer.tokens;
    decided.queued = m_router.dropsChoices ? std::min(layer.tokens, m_recorded.promptTokens()) : layer.tokens;
    const auto queued = std::span(ids).first(static_cast<size_t>(decided.queued) * static_cast<size_t>(m_columns));
    const std::vector<float> probs =
        servingProbabilities(m_recorded, layer.layer, queued, m_columns, m_options.serving.order);
    TRY_STATUS(serve({ids, probs, layer.layer, m_router.experts, m_columns, m_options.policy.K}, options,
                     m_options.serving, decided));
    block.arrays.push_back({Hook::RouterKept, m_columns, {}, std::move(decided.kept)});
    block.arrays.push_back({Hook::RouterSlot, m_columns, {}, std::move(decided.slot)});
    return {};
  }

  // Of the choices that `block` kept; without a capacity they all are.
  void weighDrops(const Block& block, const std::vector<int32_t>& ids, std::vector<float>& weights) const {
    std::vector<uint8_t> kept(ids.size());
    const Array* decided = block.find(Hook::RouterKept);
    for (size_t i = 0; i < ids.size(); ++i) kept[i] = ids[i] >= 0 && (!decided || decided->ints[i] != 0);
    weightsAfterDrop<float>(*m_options.dropWeights, std::vector<float>(weights), kept, m_columns, weights);
  }

  Trace assemble(const CapacityOptions& capacityOptions, std::vector<Block> blocks) const {
    auto config = std::make_shared<ModelConfig>(m_recorded.config());
    config->router = m_router;
    config->router.chosen = m_columns;
    auto info = std::make_shared<RunInfo>(m_recorded.info());
    info->capture = Capture::Routing;
    info->capacity = capacityOptions;
    const PolicyInfo& policy = policyInfo(m_asked.policy.kind);
    ReplayOrigin origin;
    origin.policy = policy.name;
    origin.settings = replaySettings(m_asked, m_router);
    origin.k = m_options.policy.K;
    origin.runK = m_router.chosen;
    origin.causal = policy.causal && m_options.serving.isCausal();
    origin.exact = m_own && !ofReplay() && !m_options.dropWeights && sameSlots(capacityOptions) &&
                   m_recorded.info().interventions.empty();
    origin.rule = capacityOptions.rule;
    origin.factor = capacityOptions.factor;
    origin.serving = m_options.serving;
    info->replay = origin;
    info->config = std::move(config);
    std::vector<Hook> seen = {Hook::RouterLogits, Hook::TopIds, Hook::TopProbabilities, Hook::PredictionEntropy,
                              Hook::Surprisal, Hook::Embeddings, Hook::Logits,
                              // Routed attention has a router of its own, which is not decided again.
                              Hook::AttentionRouterLogits, Hook::AttentionRouterIds, Hook::AttentionRouterWeights,
                              Hook::AttentionRouterMargin, Hook::AttentionRouterEntropy};
    if (asRecorded(*m_pieces.front().routing)) {
      seen.push_back(Hook::RouterEntropy);
      seen.push_back(Hook::RouterScores);
    }
    Trace trace = m_recorded.replayed(std::move(info), seen);
    for (Block& block : blocks) trace = trace.with(std::move(block));
    return trace;
  }

  const Trace& m_recorded;
  const ReplayOptions& m_asked;
  ReplayOptions m_options;  // the policy as logits decide it
  const ReplayProgress& m_progress;
  const RouterConfig m_router;
  std::vector<Piece> m_pieces;
  std::vector<LayerPieces> m_layers;
  int m_columns = 0;
  bool m_own = false;
  std::mutex m_mutex;
  size_t m_done = 0;
  std::atomic<bool> m_stopped = false;
};

// All rows of a stream as one block.
Block wholeStream(const Trace& trace, Stream stream, int layer) {
  Block block{stream, layer, 0, trace.tokens(stream, layer), {}};
  for (const HookInfo& info : allHooks()) {
    if (info.stream != stream || !trace.has(info.hook, layer)) continue;
    Array array{info.hook, trace.columns(info.hook, layer), {}, {}};
    if (info.type == HookType::F32) {
      array.floats = trace.gatherFloats(info.hook, layer, 0, block.tokens);
    } else {
      array.ints = trace.gatherInts(info.hook, layer, 0, block.tokens);
    }
    if (!array.floats.empty() || !array.ints.empty()) block.arrays.push_back(std::move(array));
  }
  return block;
}

}  // namespace

ReplayOptions replayBy(const Policy& policy) {
  ReplayOptions options;
  options.policy = policy;
  return options;
}

RouterConfig routerOfRun(const Trace& trace) {
  RouterConfig router = trace.config().router;
  const std::optional<ReplayOrigin>& replay = trace.info().replay;
  if (replay) router.chosen = replay->runK > 0 ? replay->runK : replay->k;
  return router;
}

int choicesPerToken(const Trace& trace) {
  return trace.info().replay ? trace.info().replay->k : trace.config().router.chosen;
}

std::string replaySettings(const ReplayOptions& options, const RouterConfig& router) {
  std::string text = settingsText(options.policy, router);
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (const std::string serving = servingText(options.serving); !serving.empty()) add(serving);
  if (options.dropWeights) add(fmt::format("drop-weights {}", dropWeightsName(*options.dropWeights)));
  return text;
}

Trace standalone(const Trace& replayed) {
  Trace out = Trace(replayed.sharedInfo()).withIds(replayed.ids(), replayed.texts());
  for (int s = 0; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    const int layers = isOfLayer(stream) ? replayed.config().layers : 1;
    for (int layer = 0; layer < layers; ++layer) {
      if (replayed.tokens(stream, layer) > 0) out = out.with(wholeStream(replayed, stream, layer));
    }
  }
  return out;
}

Result<Trace> replay(const Trace& recorded, const ReplayOptions& options, ThreadPool& pool,
                     const ReplayProgress& progress) {
  return Replayer(recorded, options, progress).run(pool);
}

}  // namespace core
