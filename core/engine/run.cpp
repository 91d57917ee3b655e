#include "core/engine/run.h"

#include <algorithm>
#include <chrono>

#include "core/base/check.h"
#include "core/base/version.h"
#include "core/engine/sampler.h"
#include "core/model/describe.h"
#include "core/text/tokenizer.h"
#include "core/trace/recorder.h"
#include "core/trace/slice.h"

namespace core {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kSmallCacheFloats = int64_t{16} << 20;  // a cache up to 64 MiB is made for the whole context at once
constexpr int kSpareTokens = 256;

int roomFor(const ModelConfig& config, int64_t tokens) {
  const int64_t limit = config.context > 0 ? config.context : INT32_MAX;
  const int64_t perToken = cacheBytesPerToken(config) / 4;
  const int64_t comfortable =
      std::max(tokens + kSpareTokens, std::min(limit, kSmallCacheFloats / std::max<int64_t>(1, perToken)));
  return static_cast<int>(std::max<int64_t>(1, std::min(limit, comfortable)));
}

// Rows of the first `count` tokens, as far as a run of this level has them.
bool hasRows(const Trace& trace, int count) {
  const Capture capture = trace.info().capture;
  for (int s = 0; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    const bool ofLedger = stream == Stream::LayerHead || stream == Stream::LayerNext;
    if ((ofLedger && capture < Capture::Ledger) || (stream == Stream::Embeddings && capture < Capture::Full)) continue;
    const int layers = isOfLayer(stream) ? trace.config().layers : 1;
    for (int layer = 0; layer < layers; ++layer) {
      if (trace.tokens(stream, layer) < count) return false;
    }
  }
  return true;
}

std::shared_ptr<const RunInfo> describe(const Engine& engine, const RunRequest& request) {
  const Model& model = engine.model();
  auto info = std::make_shared<RunInfo>();
  info->programVersion = version();
  info->modelName = model.name;
  info->modelPath = model.path.string();
  info->modelHash = model.contentHash;
  info->config = std::make_shared<const ModelConfig>(model.config);
  info->engine = engine.info();
  info->prompt = request.prompt;
  info->chat = request.chat;
  info->promptTokens = static_cast<int>(request.ids.size());
  info->specialTokens = request.specialTokens;
  info->sampling = request.sampling;
  info->capture = request.capture;
  const RouterConfig& router = model.config.router;
  CapacityOptions& capacity = info->capacity;
  if (router.experts > 0) {
    const bool asked = request.capacityRule.has_value() || request.capacityFactor.has_value();
    capacity.active = router.dropsChoices || asked;
    capacity.simulated = asked && !router.dropsChoices;
    capacity.rule = request.capacityRule.value_or(router.dropsChoices ? router.capacityRule : CapacityRule::Gshard);
    capacity.factor = request.capacityFactor.value_or(router.dropsChoices ? router.capacityFactor : 1.0);
    capacity.minCapacity = router.minCapacity;
  }
  return info;
}

}  // namespace

struct Session::State {
  std::shared_ptr<Engine> engine;
  RunRequest request;
  std::unique_ptr<Context> context;
  std::unique_ptr<Recorder> recorder;
  RunCallbacks callbacks;  // of the call in progress
  RunResult result;
  std::vector<int32_t> ids;
  int wanted = 0;  // tokens when the call in progress is done

  const ModelConfig& config() const { return engine->model().config; }
  int promptTokens() const { return static_cast<int>(request.ids.size()); }
  bool oneGroup() const { return config().router.dropsChoices; }

  std::string textOf(int32_t id) const {
    const auto& tokenizer = engine->model().tokenizer;
    return tokenizer ? tokenizer->pieceText(id) : fmt::format("#{}", id);
  }

  void makeRecorder(const std::shared_ptr<const RunInfo>& info) {
    const std::shared_ptr<const Model> model(engine, &engine->model());
    const auto publish = [this] {
      if (callbacks.published) callbacks.published(recorder->trace());
    };
    recorder =
        std::make_unique<Recorder>(model, info, publish, request.ledgerBytes, engine->threads(), engine->spareFloats());
  }

  RunOptions options(int first, int count) {
    RunOptions o;
    o.capture = request.capture;
    o.capacityRule = request.capacityRule;
    o.capacityFactor = request.capacityFactor;
    o.sequenceLength = std::max(first + count, std::min(static_cast<int>(ids.size()), promptTokens()));
    o.profile = result.profile ? &*result.profile : nullptr;
    o.progress = [this, first, count](double share) {
      if (!callbacks.progress) return true;
      const double done = first + share * count;
      return callbacks.progress({static_cast<int>(done), wanted, wanted > 0 ? done / wanted : 1.0});
    };
    return o;
  }

  // Runs the ids that the context does not hold yet.
  Status runPending(int count) {
    const int first = context->length();
    recorder->beginCall(first, count);
    TRY_STATUS(engine->forward(*context, std::span(ids).subspan(static_cast<size_t>(first), static_cast<size_t>(count)),
                               options(first, count), *recorder));
    recorder->endCall();
    return weightsAsTheyWere();
  }

  // The recorder reads weights as well (norms, the output matrix), after the engine has looked at the files.
  Status weightsAsTheyWere() const {
    const auto& storage = engine->model().storage;
    return storage ? storage->check() : Status{};
  }

  Status runPrompt() {
    const int total = static_cast<int>(ids.size());
    int chunk = request.chunk;
    if (chunk <= 0) {  // calls of equal size: a last one of a few tokens would read all weights for them
      const int most = Recorder::tokensPerCall(config(), request.capture, request.ledgerBytes);
      const int calls = (total + most - 1) / most;
      chunk = (total + calls - 1) / calls;
    }
    if (oneGroup()) chunk = total;
    while (context->length() < total) TRY_STATUS(runPending(std::min(chunk, total - context->length())));
    return {};
  }

  // A group too long for the tape of parts: the same ids again, now that the next tokens are known.
  Status secondPass() {
    if (!recorder->needsEffectPass()) return {};
    const int prompt = promptTokens();
    TRY_ASSIGN(const std::unique_ptr<Context> again, engine->newContext(prompt));
    RunOptions o = options(0, prompt);
    o.capture = Capture::Ledger;
    o.lastLogitsOnly = true;
    TRY_STATUS(engine->forward(*again, std::span(ids).first(static_cast<size_t>(prompt)), o, recorder->effectPass()));
    recorder->finishEffectPass();
    return weightsAsTheyWere();
  }

  void append(int32_t id) {
    ids.push_back(id);
    recorder->append(id, textOf(id));
    if (callbacks.published) callbacks.published(recorder->trace());
  }

  // A larger context with the same tokens in it, run without recording.
  Status growContext() {
    const int held = context->length();
    TRY_ASSIGN(std::unique_ptr<Context> larger, engine->newContext(roomFor(config(), int64_t{2} * held)));
    struct Silent : TensorSink {
      Status layer(const LayerTensors&) override { return {}; }
      Status logits(const LogitsTensors&) override { return {}; }
    } silent;
    RunOptions o = options(0, held);
    o.capture = Capture::None;
    o.lastLogitsOnly = true;
    const int prompt = std::min(held, promptTokens());
    for (int at = 0; at < held;) {
      const int count = at < prompt ? prompt - at : 1;
      TRY_STATUS(engine->forward(*larger, std::span(ids).subspan(static_cast<size_t>(at), static_cast<size_t>(count)),
                                 o, silent));
      at += count;
    }
    context = std::move(larger);
    return {};
  }

  Status generate(int tokens, std::optional<int32_t> forced) {
    const int limit = config().context > 0 ? config().context : INT32_MAX;
    const auto& tokenizer = engine->model().tokenizer;
    for (int n = 0; n < tokens; ++n) {
      if (context->length() < static_cast<int>(ids.size())) {
        if (context->length() >= limit) {
          result.endedAtContextLimit = true;
          break;
        }
        if (context->length() >= context->capacity()) TRY_STATUS(growContext());
        TRY_STATUS(runPending(1));
      }
      const int32_t id = n == 0 && forced
                             ? *forced
                             : sampleToken(recorder->lastLogits(), request.sampling, static_cast<int>(ids.size()));
      append(id);
      TRY_STATUS(secondPass());
      if (request.stopAtEnd && tokenizer && tokenizer->endOfSequence() == id) break;
    }
    return {};
  }

  void addTime(Clock::time_point begin) {
    if (result.profile) result.profile->seconds += std::chrono::duration<double>(Clock::now() - begin).count();
  }

  // Cancelling is no error: what was run until then stays.
  Status settle(Status status) {
    if (!status && !status.error().cancelled) return status;
    result.cancelled = !status;
    result.trace = recorder->trace();
    return {};
  }
};

Session::Session(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::start(const std::shared_ptr<Engine>& engine, const RunRequest& request,
                                                const RunCallbacks& callbacks) {
  const ModelConfig& config = engine->model().config;
  const auto tokens = static_cast<int64_t>(request.ids.size());
  if (tokens == 0) {
    return fail(
        "there is nothing to run: the prompt is empty and this model adds no special tokens; "
        "type some text, or give one id or more");
  }
  if (config.context > 0 && tokens > config.context) {
    return fail("the prompt has {} tokens, this model reads at most {}; shorten it by {}", tokens, config.context,
                tokens - config.context);
  }
  for (const int32_t id : request.ids) {
    if (id < 0 || id >= config.vocabulary) {
      return fail("token id {} is outside the vocabulary: expected 0 to {}", id, config.vocabulary - 1);
    }
  }
  auto state = std::make_unique<State>();
  state->engine = engine;
  state->request = request;
  state->callbacks = callbacks;
  if (request.profile) state->result.profile.emplace();
  const Clock::time_point begin = Clock::now();
  state->ids = request.ids;
  std::vector<std::string> texts;
  for (const int32_t id : state->ids) texts.push_back(state->textOf(id));
  state->wanted = static_cast<int>(tokens) + request.generate;
  TRY_ASSIGN(state->context, engine->newContext(roomFor(config, tokens + request.generate)));

  state->makeRecorder(describe(*engine, request));
  state->recorder->setIds(state->ids, std::move(texts));

  Status status = state->runPrompt();
  if (status && request.generate > 0) status = state->generate(request.generate, {});
  if (status) status = state->secondPass();
  state->addTime(begin);
  TRY_STATUS(state->settle(std::move(status)));
  state->callbacks = {};
  return std::unique_ptr<Session>(new Session(std::move(state)));
}

Status Session::generate(int tokens, const RunCallbacks& callbacks, std::optional<int32_t> forced) {
  State& state = *m_state;
  if (forced && (*forced < 0 || *forced >= state.config().vocabulary)) {
    return fail("token id {} is outside the vocabulary: expected 0 to {}", *forced, state.config().vocabulary - 1);
  }
  state.callbacks = callbacks;
  state.wanted = static_cast<int>(state.ids.size()) + tokens;
  state.result.cancelled = false;
  state.result.endedAtContextLimit = false;
  const Clock::time_point begin = Clock::now();
  // A prompt that was cancelled half way is finished first.
  Status status = state.context->length() < state.promptTokens() ? state.runPrompt() : Status{};
  if (status) status = state.generate(tokens, forced);
  state.addTime(begin);
  status = state.settle(std::move(status));
  state.callbacks = {};
  return status;
}

Session::Holds Session::holds(const Trace& record, int kept) const {
  const State& own = *m_state;
  const RunInfo &theirs = record.info(), &mine = own.recorder->info();
  if (kept < 1 || kept > record.length() || kept > static_cast<int>(own.ids.size())) return Holds::OtherTokens;
  if (own.context->length() < kept - 1 || !hasRows(record, kept - 1)) return Holds::OtherTokens;
  const bool same = theirs.modelHash == mine.modelHash && theirs.engine == mine.engine &&
                    std::equal(own.ids.begin(), own.ids.begin() + kept, record.ids().begin());
  if (!same) return Holds::OtherTokens;
  const int prompt = std::max(theirs.promptTokens, mine.promptTokens);
  if (own.oneGroup()) {
    const bool sameRule = theirs.capacity.rule == mine.capacity.rule && theirs.capacity.factor == mine.capacity.factor;
    if (!sameRule || theirs.promptTokens != mine.promptTokens || kept <= prompt) return Holds::OneGroup;
  }
  const RopeScaling scaling = own.config().attention.rope.scaling;
  if (scaling == RopeScaling::Dynamic || scaling == RopeScaling::LongRope) {
    if (theirs.promptTokens != mine.promptTokens || kept < prompt) return Holds::OtherRotation;
  }
  return Holds::Yes;
}

Result<std::unique_ptr<Session>> Session::goOn(const Trace& record, int kept, const RunRequest& request) const {
  CHECK(holds(record, kept) == Holds::Yes, "a session that does not hold the first {} tokens", kept);
  auto state = std::make_unique<State>();
  state->engine = m_state->engine;
  state->request = request;
  if (request.profile) state->result.profile.emplace();
  state->ids.assign(record.ids().begin(), record.ids().begin() + kept);
  TRY_ASSIGN(state->context, forkContext(kept - 1));
  const auto info = describe(*state->engine, request);
  state->makeRecorder(info);
  state->recorder->resume(firstTokens(record, kept - 1, info));
  state->recorder->setIds(state->ids, {record.texts().begin(), record.texts().begin() + kept});
  state->result.trace = state->recorder->trace();
  return std::unique_ptr<Session>(new Session(std::move(state)));
}

Result<std::unique_ptr<Context>> Session::forkContext(int length) const {
  TRY_ASSIGN(std::unique_ptr<Context> copy, m_state->context->fork());
  copy->truncate(length);
  return copy;
}

const Trace& Session::trace() const { return m_state->result.trace; }
const RunResult& Session::result() const { return m_state->result; }

}  // namespace core
