// Runs done again with changed routing: interventions and knock-outs. Both need a session over the record's very
// tokens: the one that goes on where it is that run, else one that repeats it.
#include "app/cli/keep_run.h"
#include "app/run_room.h"
#include "core/text/tokenizer.h"

namespace app {

core::Status RunRoom::withSession(const Again& again, const WithSession& use) {
  const bool stands = again.standing && m_going.session && m_going.session->trace().ids() == again.record.ids();
  if (stands) return use(m_going.engine, *m_going.session);
  TRY_STATUS(checkModel(again.record));
  TRY_STATUS(renewLostEngine());
  Going going;
  going.engine = m_going.engine;
  FollowRequest request;
  request.record = again.record;
  request.tokens = again.record.length();
  request.sampling = again.record.info().sampling;
  RunEnded ended;
  RunEvents events;
  events.progress = [&again](const core::RunProgress& p) { again.progress(p.share); };
  Report report{nullptr, again.cancel, events, ended};
  report.total = again.record.length();
  TRY_STATUS(repeat(going, nullptr, request, report));
  if (going.session->result().cancelled || again.cancel.cancelled()) return core::cancelled();
  return use(going.engine, *going.session);
}

// What the engine in use refuses is done on the CPU, original and all, so that like is compared with like.
core::Status RunRoom::orOnCpu(const Again& again, const WithSession& use, std::string& remark) {
  core::Status done = withSession(again, use);
  if (done || done.error().cancelled || !m_going.engine || m_going.engine->info().engine == "cpu") return done;
  TRY_ASSIGN(const MadeEngine made, m_services.makeEngine(m_model, "cpu", {}));
  remark = "Done on the CPU: " + done.error().message;
  Going before = std::move(m_going);
  m_going = {};
  m_going.engine = made.engine;
  Again anew{again.record, false, again.cancel, again.progress};
  done = withSession(anew, use);
  m_going = std::move(before);
  return done;
}

Intervened RunRoom::intervene(const InterveneRequest& asked, core::SessionStore* store, const CancelToken& cancel,
                              const std::function<void(double)>& progress) {
  Intervened out;
  if (!m_model) {
    out.error = core::Error{"no model is open; open the model of this run first", false};
    return out;
  }
  const auto changes = core::Interventions::make(asked.list, m_model->config);
  if (!changes) {
    out.error = changes.error();
    return out;
  }
  const std::function<void(double)> first = [&](double done) { progress(0.5 * done); };
  const WithSession again = [&](const std::shared_ptr<core::Engine>& engine,
                                const core::Session& session) -> core::Status {
    const core::RunInfo& info = session.trace().info();
    core::IntervenedRequest request;
    request.interventions = *changes;
    request.target = asked.target;
    request.distractor = asked.distractor;
    request.run.capture = info.capture;
    if (info.capacity.active && !info.capacity.simulated) {
      request.run.capacityRule = info.capacity.rule;
      request.run.capacityFactor = info.capacity.factor;
    }
    core::RunCallbacks callbacks;
    callbacks.progress = [&](const core::RunProgress& p) {
      progress(0.5 + 0.5 * p.share);
      return !cancel.cancelled();
    };
    TRY_ASSIGN(core::IntervenedRun run, core::runAgain(engine, session, request, callbacks));
    if (run.cancelled) return core::cancelled();
    out.run = std::make_shared<const core::IntervenedRun>(std::move(run));
    return {};
  };
  const core::Status done = orOnCpu({asked.record, asked.standing, cancel, first}, again, out.remark);
  if (!done) {
    out.error = done.error();
    return out;
  }
  if (!store) return out;
  std::optional<core::RunOrigin> origin;
  if (asked.parent) origin = core::RunOrigin{*asked.parent, out.run->firstChanged, "intervention"};
  const auto row = keepRun(*store, out.run->changed, asked.name, false, origin);
  if (row) {
    out.row = *row;
  } else {
    out.storeError = row.error();
  }
  return out;
}

core::Result<core::Trace> RunRoom::runBeside(const std::string& text, const core::RunInfo& like,
                                             const std::function<bool(double)>& progress) {
  if (!m_model) return core::fail("no model is open; open the model of this run first");
  if (!m_model->tokenizer) return core::fail("this model has no tokenizer: {}", m_model->tokenizerProblem);
  TRY_STATUS(renewLostEngine());
  core::RunRequest request;
  request.prompt = text;
  TRY_ASSIGN(request.ids, m_model->tokenizer->encode(text, like.specialTokens > 0));
  request.capture = core::Capture::Routing;
  if (like.capacity.active) {
    request.capacityRule = like.capacity.rule;
    request.capacityFactor = like.capacity.factor;
  }
  core::RunCallbacks callbacks;
  callbacks.progress = [&progress](const core::RunProgress& p) { return progress(p.share); };
  TRY_ASSIGN(const auto session, core::Session::start(m_going.engine, request, callbacks));
  if (session->result().cancelled) return core::cancelled();
  return session->trace();
}

core::Result<core::Knockout> RunRoom::knockOut(const core::Trace& record, bool standing,
                                               const core::KnockoutRequest& request, const CancelToken& cancel,
                                               const std::function<void(double)>& progress, std::string& remark) {
  if (!m_model) return core::fail("no model is open; open the model of this run first");
  core::Knockout out;
  const std::function<void(double)> first = [](double) {};  // one run against hundreds
  const WithSession sweep = [&](const std::shared_ptr<core::Engine>& engine,
                                const core::Session& session) -> core::Status {
    core::RunRequest run;
    const core::CapacityOptions& capacity = session.trace().info().capacity;
    if (capacity.active && !capacity.simulated) {
      run.capacityRule = capacity.rule;
      run.capacityFactor = capacity.factor;
    }
    TRY_ASSIGN(out, core::knockOut(engine, session, run, request, [&](double done) {
                 progress(done);
                 return !cancel.cancelled();
               }));
    return {};
  };
  TRY_STATUS(orOnCpu({record, standing, cancel, first}, sweep, remark));
  return out;
}

}  // namespace app
