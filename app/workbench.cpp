#include "app/workbench.h"

#include <algorithm>
#include <mutex>

#include "app/models/session_model.h"
#include "core/text/tokenizer.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

constexpr int kSaveCursorAfterMs = 250;
constexpr int kLeastOfBranch = 10, kMostOfBranch = 64;  // tokens a branch goes on by itself

bool sameSampling(const core::Sampling& a, const core::Sampling& b) {
  if (a.temperature <= 0 && b.temperature <= 0) return true;  // greedy: nothing else counts
  return a.temperature == b.temperature && a.topK == b.topK && a.topP == b.topP && a.seed == b.seed;
}

// Decided from these very rows: a run that has grown since needs another.
bool isReplayOf(const core::Trace& replay, const core::Trace& run) {
  if (run.empty() || replay.ids() != run.ids() || replay.info().modelHash != run.info().modelHash) return false;
  const int last = run.config().layers - 1;
  return replay.tokens(core::Stream::Layer, last) == run.tokens(core::Stream::Layer, last);
}

QString samplingWords(const core::Sampling& sampling) {
  if (sampling.temperature <= 0) return Workbench::tr("greedy");
  return Workbench::tr("temperature %1, seed %2").arg(sampling.temperature).arg(sampling.seed);
}

}  // namespace

// Held for the time of a swap of pointers only, so neither side ever waits for work of the other.
struct Workbench::Mail {
  std::mutex mutex;
  std::optional<core::Trace> trace;
  std::optional<core::RunId> began;
  core::RunProgress progress;
  bool announced = false;
};

Workbench::Workbench(Services services, QObject* parent)
    : QObject(parent),
      m_disk(std::make_unique<EngineThread>(EngineThread::AtEnd::Drain)),
      m_engine(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  m_cursorSaver.setSingleShot(true);
  m_cursorSaver.setInterval(kSaveCursorAfterMs);
  connect(&m_cursorSaver, &QTimer::timeout, this, &Workbench::saveCursor);

  m_device = QString::fromStdString(services.device);
  m_listDevices = services.listDevices;
  m_storeOptions = services.storeOptions;
  m_large = services.large;
  openStore(services.storeFile);
  m_room = std::make_unique<RunRoom>(std::move(services));
  refreshSessions();
}

Workbench::~Workbench() {
  if (m_cursorSaver.isActive()) saveCursor();
  m_engine.reset();  // cancels the run; what it has is written on the way out
  m_room.reset();    // its writer lets go of the run
  eraseRemoved();
  m_disk.reset();  // writes what is waiting
}

void Workbench::run(const PromptRequest& asked) {
  PromptRequest request = asked;
  request.measure = m_measured;
  beginRun(Activity::Running);
  leaveRun();
  m_place = true;
  m_placeWhere = request.place;
  m_engine->post("run", [this, request, serial = m_serial, store = m_store,
                         events = makeEvents(m_serial)](const CancelToken& token) {
    const RunEnded ended = m_room->run(request, store.get().get(), token, events);
    later([this, serial, ended] { finish(serial, ended); });
  });
}

void Workbench::generate(int tokens) {
  if (!canGenerate()) return;
  const core::Trace before = m_recorded;
  const bool same = sameSampling(m_sampling, before.info().sampling);
  m_follow = m_cursor.token >= before.length() - 1;
  if (m_sessionSerial != m_serial || !same) {
    FollowRequest request;
    request.record = before;
    request.tokens = before.length();
    request.generate = tokens;
    request.sampling = m_sampling;
    if (same && m_runId && !isRemoved(*m_runId)) request.row = m_runId;
    m_birth = Birth{m_runId, before.length(),
                    tr("from token %1, %2").arg(before.length()).arg(samplingWords(m_sampling)), m_cursor};
    follow(std::move(request), -1);
    return;
  }
  beginRun(Activity::Generating);
  m_engine->post("run", [this, tokens, serial = m_serial, events = makeEvents(m_serial)](const CancelToken& token) {
    const RunEnded ended = m_room->generate(tokens, token, events);
    later([this, serial, ended] { finish(serial, ended); });
  });
}

void Workbench::branch(int token, int32_t id) {
  if (!canGenerate() || token < 0 || token >= trace().length()) return;
  if (token + 1 < trace().length() && trace().ids()[static_cast<size_t>(token) + 1] == id) {
    moveToToken(token + 1);  // that is what this run has there
    return;
  }
  FollowRequest request;
  request.record = m_recorded;
  request.tokens = token + 1;
  request.then = id;
  request.generate = std::clamp(trace().length() - token - 2, kLeastOfBranch, kMostOfBranch);
  request.sampling = m_sampling;
  const QString text = QString::fromStdString(ui::visibleToken(m_source.textOf(id)).whole());
  m_birth = Birth{m_runId, token + 1, tr("\u201C%1\u201D at %2").arg(text).arg(token + 1), m_cursor};
  m_follow = false;
  follow(std::move(request), token + 1);
}

void Workbench::follow(FollowRequest request, int landOn) {
  const std::optional<Birth> birth = std::exchange(m_birth, std::nullopt);
  beginRun(Activity::Generating);
  m_birth = birth;
  m_landOn = landOn;
  const bool keep = !m_runId || !isRemoved(*m_runId);
  if (!request.row) leaveRun();
  request.measure = m_measured;
  m_engine->post("run", [this, request = std::move(request), keep, serial = m_serial, store = m_store,
                         events = makeEvents(m_serial)](const CancelToken& token) {
    const RunEnded ended = m_room->follow(request, keep ? store.get().get() : nullptr, token, events);
    later([this, serial, ended] { finish(serial, ended); });
  });
}

// A branch knows its parent and says in its name what it is.
void Workbench::bornAs(core::RunId id) {
  if (!m_birth) return;
  const Birth birth = *std::exchange(m_birth, std::nullopt);
  if (birth.parent == id) return;  // the row itself goes on
  QString name = birth.name;
  if (birth.parent) {
    const core::RunRow* parent = rowOf(*birth.parent);
    name = QStringLiteral("%1 \u203A %2").arg(parent ? sessionTitle(*parent) : tr("Run %1").arg(*birth.parent), name);
    setOrigin(id, {*birth.parent, birth.token, "branch"});
  }
  renameRun(id, name);
  emit noted(tr("A run of its own: %1").arg(name));
  if (birth.parent) emit branched(*birth.parent, birth.from, id);
}

void Workbench::setSampling(const core::Sampling& sampling) {
  m_sampling = sampling;
  emit samplingChanged();
}

bool Workbench::canGenerate() const {
  if (busy() || trace().empty() || !m_model || m_recorded.info().replay || !m_recorded.info().interventions.empty()) {
    return false;
  }
  return m_sessionSerial == m_serial || modelOfRunIsOpen();
}

void Workbench::cancel() { m_engine->cancel("run"); }

void Workbench::beginRun(Activity activity) {
  if (m_cursorSaver.isActive()) saveCursor();  // of the run that is left
  ++m_serial;
  m_birth.reset();
  m_landOn = -1;
  beginActivity(activity);
}

// Something computes from now on, and tells how far it is.
void Workbench::beginActivity(Activity activity) {
  m_mail = std::make_shared<Mail>();
  m_progress = {};
  m_started = std::chrono::steady_clock::now();
  setActivity(activity);
  emit progressChanged();
}

RunEvents Workbench::makeEvents(int serial) {
  // Announced once until it is fetched: a run that grows faster than it is shown costs no queue.
  const auto announce = [this, serial, mail = m_mail](const auto& put) {
    bool first = false;
    {
      const std::lock_guard lock(mail->mutex);
      put(*mail);
      first = !std::exchange(mail->announced, true);
    }
    if (first) later([this, serial] { receive(serial); });
  };
  RunEvents events;
  events.began = [announce](core::RunId id) { announce([id](Mail& mail) { mail.began = id; }); };
  events.grown = [announce](const core::Trace& trace) { announce([&](Mail& mail) { mail.trace = trace; }); };
  events.progress = [announce](const core::RunProgress& p) { announce([&](Mail& mail) { mail.progress = p; }); };
  return events;
}

void Workbench::receive(int serial) {
  if (serial != m_serial) return;
  std::optional<core::Trace> trace;
  std::optional<core::RunId> began;
  {
    const std::lock_guard lock(m_mail->mutex);
    trace.swap(m_mail->trace);
    began.swap(m_mail->began);
    m_progress = m_mail->progress;
    m_mail->announced = false;
  }
  if (!busy()) return;
  if (began) {
    m_runId = began;
    bornAs(*began);
    refreshSessions();
  }
  if (trace) showTrace(*trace);
  emit progressChanged();
}

void Workbench::setProfile(const std::optional<core::Profile>& profile) {
  if (!profile && !m_profile) return;
  m_profile = profile;
  emit profileChanged();
}

void Workbench::finish(int serial, const RunEnded& ended) {
  if (serial != m_serial) return;
  receive(serial);
  const bool complete = !ended.error && !ended.trace.empty() && ended.canGoOn;
  if (!ended.canGoOn && m_birth) m_runId = m_birth->parent;  // the branch was never born: its parent is still shown
  if (complete) m_sessionSerial = serial;
  setActivity(Activity::Idle);
  if (!ended.trace.empty()) showTrace(ended.trace);
  setProfile(ended.profile);
  if (m_place && !ended.trace.empty()) {
    m_place = false;
    if (m_placeWhere != PlaceCursor::FirstDropped || !moveToFirstDropped()) {
      const std::vector<int> chosen = m_source.chosenAt(m_cursor.layer, m_cursor.token);
      ui::Cursor cursor = m_cursor;
      if (!chosen.empty()) cursor.expert = chosen.front();
      setCursor(cursor);
    }
  }
  m_follow = false;
  saveCursor();
  refreshSessions();
  if (ended.error && !ended.error->cancelled)
    emit failed(makeProblem(tr("The run stopped."), *ended.error, whatToDoAfter(*ended.error)));
  if (ended.storeError) {
    emit failed(makeProblem(tr("This run is not saved completely; it is still here to look at."), *ended.storeError));
  }
  if (ended.ranAgain == core::Session::Holds::OneGroup) {
    emit noted(tr("The kept tokens ran again: this model's prompt queues as one group, which cannot be cut inside."));
  } else if (ended.ranAgain) {
    emit noted(tr("The kept tokens ran again: this model's positions depend on the length of its prompt."));
  }
  if (ended.atContextLimit) {
    emit noted(tr("The run ended at the model's context limit of %1 tokens.").arg(ended.trace.config().context));
  }
  emit runFinished();
}

void Workbench::showTrace(const core::Trace& recorded) {
  const bool same = !recorded.empty() && !m_recorded.empty() && recorded.sharedInfo() == m_recorded.sharedInfo();
  const bool goesOn = same && !m_source.trace.empty();
  if (!same && !recorded.empty()) setSampling(recorded.info().sampling);
  m_recorded = recorded;
  if (m_replayed && !isReplayOf(*m_replayed, m_recorded)) m_replayed.reset();
  const core::Trace trace = withCapacity(m_replayed ? *m_replayed : m_recorded);
  if (trace.empty()) {
    m_source = {};
  } else {
    const ui::ViewSource before = m_source;
    m_source = ui::makeViewSource(trace, goesOn ? &before.ofBlock() : nullptr, &m_pool);
    m_source.recorded = m_recorded.info().capacity;
    m_source.beside = m_replayed ? m_recorded : m_beneath;
    if (m_model && m_model->tokenizer && m_model->contentHash == trace.info().modelHash) {
      m_source.tokenText = [tokenizer = m_model->tokenizer](int32_t id) { return tokenizer->pieceText(id); };
    }
  }
  m_source.modelOpen = trace.empty() ? m_model != nullptr : modelOfRunIsOpen();
  if (m_activity == Activity::Running || m_activity == Activity::Generating) {
    m_source.running = ui::RunningState{m_progress.done, m_progress.total, secondsLeft()};
  }
  if (m_wantsAttention) m_source = ui::showingAttention(m_source, nullptr, &m_pool);
  ui::Cursor cursor = m_cursor;
  if (!trace.empty()) {
    if (m_place && !same) {
      cursor.token = std::max(0, trace.promptTokens() - 1);
      cursor.layer = std::max(0, ui::nextRoutedLayer(trace.config(), cursor.layer));
    }
    if (m_follow) cursor.token = trace.length() - 1;
    if (m_landOn >= 0 && m_landOn < trace.length()) cursor.token = std::exchange(m_landOn, -1);
  }
  emit traceChanged();
  setCursor(cursor);
}

double Workbench::secondsLeft() const {
  if (!busy() || m_progress.share <= 0.05) return -1;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - m_started;
  return spent.count() * (1 - m_progress.share) / m_progress.share;
}

void Workbench::setActivity(Activity activity) {
  if (activity == m_activity) return;
  m_activity = activity;
  emit activityChanged();
}

}  // namespace app
