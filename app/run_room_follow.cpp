// Runs that repeat a recorded one: going on from a run that was opened again, branches, and the other device. What the
// last session remembers is not run again: its context is forked. Otherwise the ids of the record are put in one by
// one, as they were when it was made: the prompt in one go, generated tokens singly.
#include <algorithm>

#include "app/run_room.h"

namespace app {
namespace {

// All of a recorded run, with nothing new after it.
FollowRequest wholeOf(const core::Trace& record) {
  FollowRequest request;
  request.record = record;
  request.tokens = record.length();
  request.sampling = record.info().sampling;
  return request;
}

// The prompt's part of what is taken over. A prompt that is cut short is named by the text of its tokens.
core::RunRequest promptOf(const FollowRequest& follow) {
  const core::Trace& record = follow.record;
  const core::RunInfo& info = record.info();
  const int prompt = std::min({record.promptTokens(), record.length(), follow.tokens});
  core::RunRequest request;
  request.ids.assign(record.ids().begin(), record.ids().begin() + prompt);
  request.prompt = info.prompt;
  if (info.prompt && prompt < record.promptTokens()) {
    request.prompt.emplace();
    for (int token = std::min(prompt, info.specialTokens); token < prompt; ++token) {
      *request.prompt += record.texts()[static_cast<size_t>(token)];
    }
  }
  if (prompt == record.promptTokens()) request.chat = info.chat;
  request.specialTokens = std::min(info.specialTokens, prompt);
  request.sampling = follow.sampling;
  request.profile = follow.measure;
  request.capture = follow.capture.value_or(info.capture);
  if (info.capacity.active) {
    request.capacityRule = info.capacity.rule;
    request.capacityFactor = info.capacity.factor;
  }
  return request;
}

}  // namespace

core::Status RunRoom::checkModel(const core::Trace& record) const {
  const core::RunInfo& info = record.info();
  if (m_model && m_model->contentHash == info.modelHash) return {};
  return core::fail("this run was made with {}, which is not open; open {} and try again", info.modelName,
                    info.modelPath);
}

core::Status RunRoom::repeat(Going& going, const core::Session* held, const FollowRequest& request,
                             const Report& report) {
  const core::RunCallbacks callbacks = makeCallbacks(going, report);
  if (held) {
    const core::Session::Holds holds = held->holds(request.record, request.tokens);
    if (holds == core::Session::Holds::Yes) {
      TRY_ASSIGN(going.session, held->goOn(request.record, request.tokens, promptOf(request)));
    } else if (holds != core::Session::Holds::OtherTokens) {
      report.ended.ranAgain = holds;
    }
  }
  if (!going.session) {
    TRY_ASSIGN(going.session, core::Session::start(going.engine, promptOf(request), callbacks));
  }
  const auto stopped = [&] {
    const core::RunResult& result = going.session->result();
    return result.cancelled || result.endedAtContextLimit || report.cancel.cancelled();
  };
  const std::vector<int32_t>& ids = request.record.ids();
  for (int token = going.session->trace().length(); token < request.tokens && !stopped(); ++token) {
    TRY_STATUS(going.session->generate(1, callbacks, ids[static_cast<size_t>(token)]));
  }
  if (request.then && !stopped()) TRY_STATUS(going.session->generate(1, callbacks, *request.then));
  if (request.generate != 0 && !stopped()) TRY_STATUS(addTokens(going, request.generate, report.cancel, callbacks));
  return {};
}

RunEnded RunRoom::follow(const FollowRequest& asked, core::SessionStore* store, const CancelToken& cancel,
                         const RunEvents& events) {
  RunEnded ended;
  ended.trace = asked.record;
  if (const core::Status fits = checkModel(asked.record); !fits) {
    ended.error = fits.error();
    return ended;
  }
  if (const core::Status renewed = renewLostEngine(); !renewed) {
    ended.error = renewed.error();
    return ended;
  }
  FollowRequest request = asked;
  if (request.row && asked.record.info().engine != m_going.engine->info()) request.row.reset();
  m_going.writer.reset();
  std::unique_ptr<core::Session> held = std::move(m_going.session);
  const int more = (request.then ? 1 : 0) + (request.generate == kUntilStop ? 1 : request.generate);
  Report report{store, cancel, events, ended};
  // Its own row already shows what is repeated; another row begins with the first token that is new.
  report.least = request.tokens + (request.then || request.row ? 1 : 0);
  report.total = request.tokens + more;
  report.follows = &request;
  const core::Status status = repeat(m_going, held.get(), request, report);
  if (!status) {
    ended.error = status.error();
    m_engineFailed = m_going.engine->info().engine == "gpu";
  }
  if (!m_going.session || m_going.session->trace().length() < report.least) {
    // It did not get as far as the record: what was there stays, and the next try repeats it again.
    ended.cancelled = !ended.error;
    ended.canGoOn = false;
    m_going.session = std::move(held);
    return ended;
  }
  settle(m_going, ended);
  return ended;
}

RunEnded RunRoom::repeatWhole(std::shared_ptr<core::Engine> engine, const FollowRequest& request,
                              core::SessionStore* store, const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  Going going;
  going.engine = std::move(engine);
  Report report{store, cancel, events, ended};
  report.total = request.tokens;
  const core::Status status = repeat(going, nullptr, request, report);
  if (!status) ended.error = status.error();
  if (going.session) settle(going, ended);
  return ended;
}

RunEnded RunRoom::repeatOn(const std::string& device, const core::Trace& record, core::SessionStore* store,
                           const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  if (const core::Status fits = checkModel(record); !fits) {
    ended.error = fits.error();
    return ended;
  }
  auto made = m_services.makeEngine(m_model, device, {});
  if (!made) {
    ended.error = made.error();
    return ended;
  }
  return repeatWhole(std::move(made->engine), wholeOf(record), store, cancel, events);
}

RunEnded RunRoom::computeTensors(const core::Trace& record, const CancelToken& cancel, const RunEvents& events) {
  RunEnded ended;
  core::Status ready = checkModel(record);
  if (ready) ready = renewLostEngine();
  if (!ready) {
    ended.error = ready.error();
    return ended;
  }
  FollowRequest request = wholeOf(record);
  request.capture = core::Capture::Full;
  return repeatWhole(m_going.engine, request, nullptr, cancel, events);
}

}  // namespace app
