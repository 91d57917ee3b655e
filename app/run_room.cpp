#include "app/run_room.h"

#include <algorithm>

#include "core/text/tokenizer.h"

namespace app {
namespace {
const std::string kAutomaticDevice = "auto";
}

core::Result<OpenedModel> RunRoom::open(const std::string& nameOrPath) {
  TRY_ASSIGN(std::shared_ptr<const core::Model> model, m_services.loadModel(nameOrPath));
  OpenedModel opened{model, {}, {}};
  auto made = m_services.makeEngine(model, m_services.device);
  if (!made && m_services.device != kAutomaticDevice) {
    opened.deviceError = made.error();
    m_services.device = kAutomaticDevice;
    made = m_services.makeEngine(model, m_services.device);
  }
  if (!made) return tl::unexpected(made.error());
  opened.remark = made->remark;
  m_writer.reset();
  m_session.reset();
  m_engine = std::move(made->engine);
  m_engineFailed = false;
  m_model = model;
  return opened;
}

core::Result<std::string> RunRoom::useDevice(const std::string& device) {
  std::string remark;
  if (m_model) {
    TRY_ASSIGN(MadeEngine made, m_services.makeEngine(m_model, device));
    m_writer.reset();
    m_session.reset();
    m_engine = std::move(made.engine);
    m_engineFailed = false;
    remark = made.remark;
  }
  m_services.device = device;
  return remark;
}

core::Status RunRoom::renewLostEngine() {
  if (!m_engineFailed || !m_model) return {};
  m_session.reset();
  m_engine.reset();  // first: it may hold memory that the new one needs
  TRY_ASSIGN(MadeEngine made, m_services.makeEngine(m_model, m_services.device));
  m_engine = std::move(made.engine);
  m_engineFailed = false;
  return {};
}

RunEnded RunRoom::run(const PromptRequest& asked, core::SessionStore* store, const CancelToken& cancel,
                      const RunEvents& events) {
  RunEnded ended;
  ended.cancelled = cancel.cancelled();
  if (ended.cancelled) return ended;
  if (!m_model) {
    ended.error = core::Error{"no model is open; open one first", false};
    return ended;
  }
  if (!m_model->tokenizer) {
    ended.error =
        core::Error{"this model has no tokenizer, so text cannot be run: " + m_model->tokenizerProblem, false};
    return ended;
  }
  const core::Tokenizer& tokenizer = *m_model->tokenizer;
  const core::Result<std::vector<int32_t>> ids = tokenizer.encode(asked.text, true);
  if (!ids) {
    ended.error = ids.error();
    return ended;
  }
  core::RunRequest request;
  request.prompt = asked.text;
  request.ids = *ids;
  if (tokenizer.addsSpecialTokens()) {
    const core::Result<std::vector<int32_t>> plain = tokenizer.encode(asked.text, false);
    request.specialTokens = plain ? static_cast<int>(ids->size() - plain->size()) : 0;
  }
  request.sampling = asked.sampling;
  request.capture = asked.capture;
  request.capacityFactor = asked.simulatedCapacity;
  return start(request, asked.generate, store, cancel, events);
}

RunEnded RunRoom::runAgain(const core::Trace& trace, int tokens, core::SessionStore* store, const CancelToken& cancel,
                           const RunEvents& events) {
  RunEnded ended;
  const core::RunInfo& info = trace.info();
  if (!m_model || m_model->contentHash != info.modelHash) {
    ended.error = core::Error{fmt::format("this run was made with {}, which is not open; open {} and try again",
                                          info.modelName, info.modelPath),
                              false};
    return ended;
  }
  core::RunRequest request;
  request.prompt = info.prompt;
  request.ids.assign(trace.ids().begin(), trace.ids().begin() + std::min(trace.promptTokens(), trace.length()));
  request.specialTokens = info.specialTokens;
  request.sampling = info.sampling;
  request.capture = info.capture;
  if (info.capacity.active) {
    request.capacityRule = info.capacity.rule;
    request.capacityFactor = info.capacity.factor;
  }
  const int generated = trace.length() - trace.promptTokens();
  if (tokens == kUntilStop) {
    ended = start(request, generated, store, cancel, events);
    if (ended.error || ended.cancelled) return ended;
    return generate(tokens, cancel, events);
  }
  return start(request, generated + tokens, store, cancel, events);
}

RunEnded RunRoom::start(const core::RunRequest& request, int generate, core::SessionStore* store,
                        const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  m_writer.reset();
  m_session.reset();
  if (const core::Status renewed = renewLostEngine(); !renewed) {
    ended.error = renewed.error();
    return ended;
  }
  core::RunCallbacks callbacks = makeCallbacks(cancel, events, ended);
  callbacks.published = [this, store, &events, &ended, report = callbacks.published](const core::Trace& trace) {
    if (!m_writer && !ended.storeError) begin(trace, store, events, ended);
    report(trace);
  };
  core::RunRequest prompt = request;
  prompt.generate = generate == kUntilStop ? 0 : generate;
  auto session = core::Session::start(m_engine, prompt, callbacks);
  if (!session) {
    ended.error = session.error();
    m_engineFailed = m_engine->info().engine == "gpu";
    save(ended);
    return ended;
  }
  m_session = std::move(*session);
  if (generate == kUntilStop && !m_session->result().cancelled) {
    if (const core::Status status = addTokens(generate, cancel, callbacks); !status) ended.error = status.error();
  }
  ended.trace = m_session->trace();
  ended.cancelled = m_session->result().cancelled;
  ended.atContextLimit = m_session->result().endedAtContextLimit;
  save(ended);
  return ended;
}

RunEnded RunRoom::generate(int tokens, const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  if (!m_session) {
    ended.error = core::Error{"there is no run to go on from; run a prompt first", false};
    return ended;
  }
  ended.trace = m_session->trace();
  const core::RunCallbacks callbacks = makeCallbacks(cancel, events, ended);
  if (const core::Status status = addTokens(tokens, cancel, callbacks); !status) {
    ended.error = status.error();
    m_engineFailed = m_engine->info().engine == "gpu";
  }
  if (!ended.error) ended.trace = m_session->trace();
  ended.cancelled = m_session->result().cancelled;
  ended.atContextLimit = m_session->result().endedAtContextLimit;
  save(ended);
  return ended;
}

core::Status RunRoom::addTokens(int tokens, const CancelToken& cancel, const core::RunCallbacks& callbacks) {
  if (tokens != kUntilStop) return m_session->generate(tokens, callbacks);
  const std::vector<int32_t>& ends = m_model->config.eos;
  for (int n = 0; n < kMostUntilStop; ++n) {
    TRY_STATUS(m_session->generate(1, callbacks));
    const core::RunResult& result = m_session->result();
    if (result.cancelled || result.endedAtContextLimit || cancel.cancelled()) break;
    const std::vector<int32_t>& ids = result.trace.ids();
    if (!ids.empty() && std::find(ends.begin(), ends.end(), ids.back()) != ends.end()) break;
  }
  return {};
}

core::RunCallbacks RunRoom::makeCallbacks(const CancelToken& cancel, const RunEvents& events, RunEnded& ended) {
  core::RunCallbacks callbacks;
  callbacks.progress = [cancel, &events](const core::RunProgress& progress) {
    if (events.progress) events.progress(progress);
    return !cancel.cancelled();
  };
  callbacks.published = [this, &events, &ended](const core::Trace& trace) {
    ended.trace = trace;
    if (m_writer) {
      // A disk that fails once may work again; the last attempt, at the end of the run, is the one that counts.
      if (const core::Status saved = m_writer->append(trace); !saved) ended.storeError = saved.error();
    }
    if (events.grown) events.grown(trace);
  };
  return callbacks;
}

void RunRoom::begin(const core::Trace& trace, core::SessionStore* store, const RunEvents& events, RunEnded& ended) {
  if (!store) return;
  const auto prompt = static_cast<size_t>(std::min(trace.promptTokens(), trace.length()));
  auto writer =
      store->beginRun(trace.info(), std::span(trace.ids()).first(prompt), std::span(trace.texts()).first(prompt));
  if (!writer) {
    ended.storeError = writer.error();
    return;
  }
  m_writer = std::move(*writer);
  if (events.began) events.began(m_writer->id());
}

void RunRoom::save(RunEnded& ended) {
  if (!m_writer || ended.trace.empty()) return;
  const core::RunEnd end = ended.error       ? core::RunEnd::Interrupted
                           : ended.cancelled ? core::RunEnd::Cancelled
                                             : core::RunEnd::Complete;
  const core::Status saved = m_writer->finish(ended.trace, end);
  ended.storeError = saved ? std::nullopt : std::optional(saved.error());
}

}  // namespace app
