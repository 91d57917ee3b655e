#include "app/run_room.h"

#include <algorithm>

#include "core/text/tokenizer.h"

namespace app {

namespace {
const std::string kAutomaticDevice = "auto";
}

core::Result<std::shared_ptr<const core::Model>> RunRoom::load(const std::string& nameOrPath) const {
  return m_services.loadModel(nameOrPath);
}

core::Result<OpenedModel> RunRoom::use(const std::shared_ptr<const core::Model>& model, const OpenProgress& progress) {
  OpenedModel opened{model, {}, {}};
  std::string device = m_services.device;
  auto made = m_services.makeEngine(model, device, progress);
  if (!made && !made.error().cancelled && device != kAutomaticDevice) {
    opened.deviceError = made.error();
    device = kAutomaticDevice;
    made = m_services.makeEngine(model, device, progress);
  }
  if (!made) return tl::unexpected(made.error());
  if (!progress(1)) return core::cancelled();  // the one in use stays
  m_services.device = device;
  opened.remark = made->remark;
  m_going = {};
  m_going.engine = std::move(made->engine);
  m_engineFailed = false;
  m_model = model;
  return opened;
}

core::Result<std::string> RunRoom::useDevice(const std::string& device, const OpenProgress& progress) {
  std::string remark;
  if (m_model) {
    TRY_ASSIGN(MadeEngine made, m_services.makeEngine(m_model, device, progress));
    if (!progress(1)) return core::cancelled();
    m_going = {};
    m_going.engine = std::move(made.engine);
    m_engineFailed = false;
    remark = made.remark;
  }
  m_services.device = device;
  return remark;
}

core::Status RunRoom::renewLostEngine() {
  if (!m_engineFailed || !m_model) return {};
  m_going = {};  // first: it may hold memory that the new one needs
  TRY_ASSIGN(MadeEngine made, m_services.makeEngine(m_model, m_services.device, {}));
  m_going.engine = std::move(made.engine);
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
  request.chat = asked.chat;
  request.ids = *ids;
  if (tokenizer.addsSpecialTokens()) {
    const core::Result<std::vector<int32_t>> plain = tokenizer.encode(asked.text, false);
    request.specialTokens = plain ? static_cast<int>(ids->size() - plain->size()) : 0;
  }
  request.sampling = asked.sampling;
  request.capture = asked.capture;
  request.capacityFactor = asked.simulatedCapacity;
  request.profile = asked.measure;
  Report report{asked.keep ? store : nullptr, cancel, events, ended};
  report.storeFull = asked.storeFull;
  return start(request, asked.generate, report);
}

RunEnded RunRoom::start(const core::RunRequest& request, int generate, const Report& report) {
  RunEnded& ended = report.ended;
  m_going.writer.reset();
  m_going.session.reset();
  if (const core::Status renewed = renewLostEngine(); !renewed) {
    ended.error = renewed.error();
    return ended;
  }
  const core::RunCallbacks callbacks = makeCallbacks(m_going, report);
  core::RunRequest prompt = request;
  prompt.generate = generate == kUntilStop ? 0 : generate;
  auto session = core::Session::start(m_going.engine, prompt, callbacks);
  if (!session) {
    ended.error = session.error();
    m_engineFailed = m_going.engine->info().engine == "gpu";
    save(m_going, ended);
    return ended;
  }
  m_going.session = std::move(*session);
  if (generate == kUntilStop && !m_going.session->result().cancelled) {
    if (const core::Status status = addTokens(m_going, generate, report.cancel, callbacks); !status) {
      ended.error = status.error();
    }
  }
  settle(m_going, ended);
  return ended;
}

RunEnded RunRoom::generate(int tokens, const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  if (!m_going.session) {
    ended.error = core::Error{"there is no run to go on from; run a prompt first", false};
    return ended;
  }
  ended.trace = m_going.session->trace();
  const core::RunCallbacks callbacks = makeCallbacks(m_going, {nullptr, cancel, events, ended});
  if (const core::Status status = addTokens(m_going, tokens, cancel, callbacks); !status) {
    ended.error = status.error();
    m_engineFailed = m_going.engine->info().engine == "gpu";
  }
  settle(m_going, ended);
  return ended;
}

core::Status RunRoom::addTokens(Going& going, int tokens, const CancelToken& cancel,
                                const core::RunCallbacks& callbacks) const {
  if (tokens != kUntilStop) return going.session->generate(tokens, callbacks);
  const std::vector<int32_t>& ends = m_model->config.eos;
  for (int n = 0; n < kMostUntilStop; ++n) {
    TRY_STATUS(going.session->generate(1, callbacks));
    const core::RunResult& result = going.session->result();
    if (result.cancelled || result.endedAtContextLimit || cancel.cancelled()) break;
    const std::vector<int32_t>& ids = result.trace.ids();
    if (!ids.empty() && std::find(ends.begin(), ends.end(), ids.back()) != ends.end()) break;
  }
  return {};
}

core::RunCallbacks RunRoom::makeCallbacks(Going& going, const Report& report) {
  core::RunCallbacks callbacks;
  callbacks.progress = [report](const core::RunProgress& progress) {
    core::RunProgress told = progress;
    if (report.total > 0) {
      const double done = progress.share * progress.total;
      told = {progress.done, report.total, std::min(1.0, done / report.total)};
    }
    if (report.events.progress) report.events.progress(told);
    return !report.cancel.cancelled();
  };
  callbacks.published = [&going, report](const core::Trace& trace) {
    if (trace.length() < report.least) return;
    RunEnded& ended = report.ended;
    ended.trace = trace;
    if (!going.writer && report.store && !ended.storeError) beginRow(going, trace, report);
    if (going.writer) {
      // A disk that fails once may work again; the last attempt, at the end of the run, is the one that counts.
      if (const core::Status saved = going.writer->append(trace); !saved) ended.storeError = saved.error();
    }
    if (report.events.grown) report.events.grown(trace);
  };
  return callbacks;
}

// A row of its own, or the one of the record that goes on.
void RunRoom::beginRow(Going& going, const core::Trace& trace, const Report& report) {
  const bool goesOn = report.follows && report.follows->row;
  const auto count = static_cast<size_t>(std::min(trace.promptTokens(), trace.length()));
  auto writer = goesOn ? report.store->continueRun(*report.follows->row, report.follows->record)
                       : report.store->beginRun(trace.info(), std::span(trace.ids()).first(count),
                                                std::span(trace.texts()).first(count), {.storeFull = report.storeFull});
  if (!writer) {
    report.ended.storeError = writer.error();
    return;
  }
  going.writer = std::move(*writer);
  if (report.events.began) report.events.began(going.writer->id());
}

void RunRoom::settle(Going& going, RunEnded& ended) {
  const core::RunResult& result = going.session->result();
  if (!ended.error) ended.trace = going.session->trace();
  ended.profile = result.profile;
  ended.cancelled = result.cancelled;
  ended.atContextLimit = result.endedAtContextLimit;
  save(going, ended);
}

void RunRoom::save(Going& going, RunEnded& ended) {
  if (!going.writer || ended.trace.empty()) return;
  const core::RunEnd end = ended.error       ? core::RunEnd::Interrupted
                           : ended.cancelled ? core::RunEnd::Cancelled
                                             : core::RunEnd::Complete;
  const core::Status saved = going.writer->finish(ended.trace, end);
  ended.storeError = saved ? std::nullopt : std::optional(saved.error());
}

}  // namespace app
