#include "app/workbench.h"

#include <algorithm>
#include <mutex>

#include "core/text/tokenizer.h"

namespace app {
namespace {

constexpr int kSaveCursorAfterMs = 250;

core::StoredCursor toStored(const ui::Cursor& cursor) {
  return {cursor.token, cursor.layer, cursor.expert, static_cast<int>(cursor.stage)};
}

ui::Cursor fromStored(const core::StoredCursor& stored) {
  return {stored.token, stored.layer, std::max(0, stored.expert),
          static_cast<ui::Stage>(std::clamp(stored.stage, 0, ui::kStages - 1))};
}

std::vector<core::RunRow> listRuns(core::SessionStore& store, const std::string& searched, QString& problem) {
  core::RunFilter filter;
  filter.text = searched;
  core::ListOptions options;
  options.sort = core::RunSort::Created;
  auto rows = store.list(filter, options);
  if (!rows) {
    problem = QString::fromStdString(rows.error().message);
    return {};
  }
  return std::move(*rows);
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
  openStore(services.storeFile);
  m_room = std::make_unique<RunRoom>(std::move(services));
  refreshSessions();
}

Workbench::~Workbench() {
  if (m_cursorSaver.isActive()) saveCursor();
  m_engine.reset();  // cancels the run; what it has is written on the way out
  m_disk.reset();    // writes what is waiting
}

void Workbench::openModel(const QString& nameOrPath, bool forRun) {
  if (!forRun) {
    cancel();
    ++m_serial;
  }
  setActivity(Activity::OpeningModel);
  m_engine->post("model", [this, name = nameOrPath.toStdString(), forRun](const CancelToken& token) {
    auto opened = m_room->open(name);
    if (token.cancelled()) return;
    later([this, opened = std::move(opened), forRun, name] {
      if (m_activity == Activity::OpeningModel) setActivity(Activity::Idle);
      if (!opened) {
        const QString summary = tr("%1 does not open.").arg(QString::fromStdString(name));
        if (forRun) {
          emit noted(summary);
        } else {
          emit failed(
              makeProblem(summary, opened.error(),
                          tr("What is shown stays as it is. Choose another folder with File, Open model folder; "
                             "the bundled seed-7m always opens.")));
        }
        return;
      }
      m_model = opened->model;
      if (opened->deviceError) {
        emit failed(makeProblem(tr("The chosen device cannot be used; the model was opened on another."),
                                *opened->deviceError, tr("Run, Device lists what there is and why not.")));
        m_device = "auto";
        emit deviceChanged();
      }
      if (!opened->remark.empty()) emit noted(QString::fromStdString(opened->remark));
      m_sessionSerial = -1;
      if (!forRun) {
        leaveRun();
        m_recorded = {};
        m_cursor = {};
      }
      showTrace(m_recorded);
      emit modelChanged();
    });
  });
}

void Workbench::run(const PromptRequest& request) {
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
  const bool goesOn = m_sessionSerial == m_serial;
  const core::Trace before = m_recorded;
  m_follow = m_cursor.token >= before.length() - 1;
  beginRun(Activity::Generating);
  if (!goesOn) leaveRun();
  m_engine->post("run", [this, tokens, goesOn, before, serial = m_serial, store = m_store,
                         events = makeEvents(m_serial)](const CancelToken& token) {
    const RunEnded ended = goesOn ? m_room->generate(tokens, token, events)
                                  : m_room->runAgain(before, tokens, store.get().get(), token, events);
    later([this, serial, ended] { finish(serial, ended); });
  });
}

bool Workbench::canGenerate() const {
  if (busy() || trace().empty() || !m_model) return false;
  return m_sessionSerial == m_serial || modelOfRunIsOpen();
}

void Workbench::cancel() { m_engine->cancel("run"); }

void Workbench::beginRun(Activity activity) {
  if (m_cursorSaver.isActive()) saveCursor();  // of the run that is left
  ++m_serial;
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
    refreshSessions();
  }
  if (trace) showTrace(*trace);
  emit progressChanged();
}

void Workbench::finish(int serial, const RunEnded& ended) {
  if (serial != m_serial) return;
  receive(serial);
  const bool complete = !ended.error && !ended.trace.empty();
  if (complete) m_sessionSerial = serial;
  setActivity(Activity::Idle);
  if (!ended.trace.empty()) showTrace(ended.trace);
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
  if (ended.atContextLimit) {
    emit noted(tr("The run ended at the model's context limit of %1 tokens.").arg(ended.trace.config().context));
  }
  emit runFinished();
}

void Workbench::showTrace(const core::Trace& recorded) {
  const bool same = !recorded.empty() && !m_recorded.empty() && recorded.sharedInfo() == m_recorded.sharedInfo();
  const bool goesOn = same && !m_source.trace.empty();
  m_recorded = recorded;
  const core::Trace trace = withCapacity(recorded);
  if (trace.empty()) {
    m_source = {};
  } else {
    m_source = ui::makeViewSource(trace, goesOn ? &m_source : nullptr, &m_pool);
    m_source.recorded = recorded.info().capacity;
    if (m_model && m_model->tokenizer && m_model->contentHash == trace.info().modelHash) {
      m_source.tokenText = [tokenizer = m_model->tokenizer](int32_t id) { return tokenizer->pieceText(id); };
    }
  }
  m_source.modelOpen = trace.empty() ? m_model != nullptr : modelOfRunIsOpen();
  if (m_activity == Activity::Running || m_activity == Activity::Generating) {
    ui::RunningState running{m_progress.done, m_progress.total, -1};
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - m_started;
    if (m_progress.share > 0.05) running.secondsLeft = spent.count() * (1 - m_progress.share) / m_progress.share;
    m_source.running = running;
  }
  ui::Cursor cursor = m_cursor;
  if (!trace.empty()) {
    if (m_place && !same) {
      cursor.token = std::max(0, trace.promptTokens() - 1);
      cursor.layer = std::max(0, ui::nextRoutedLayer(trace.config(), cursor.layer));
    }
    if (m_follow) cursor.token = trace.length() - 1;
  }
  emit traceChanged();
  setCursor(cursor);
}

void Workbench::setActivity(Activity activity) {
  if (activity == m_activity) return;
  m_activity = activity;
  emit activityChanged();
}

void Workbench::listSessions(const QString& searched) {
  m_searched = searched;
  refreshSessions();
}

void Workbench::refreshSessions() {
  m_disk->post("list", [this, store = m_store, searched = m_searched.toStdString()](const CancelToken&) {
    if (!store.get()) return;
    QString problem;
    std::vector<core::RunRow> rows = listRuns(*store.get(), searched, problem);
    later([this, rows = std::move(rows), problem] {
      if (!problem.isEmpty()) {
        emit noted(problem);
        return;
      }
      m_sessions = rows;
      emit sessionsChanged();
    });
  });
}

void Workbench::openRun(core::RunId id) {
  if (m_cursorSaver.isActive()) saveCursor();
  cancel();
  const int serial = ++m_serial;
  setActivity(Activity::OpeningRun);
  m_disk->post("open", [this, id, serial, store = m_store](const CancelToken&) {
    if (!store.get()) return;
    const auto trace = store.get()->loadTrace(id);
    const auto cursor = store.get()->loadCursor(id);
    std::string modelName;
    if (trace) {
      std::error_code ignored;
      const core::RunInfo& info = trace->info();
      modelName = std::filesystem::exists(info.modelPath, ignored) ? info.modelPath : info.modelName;
    }
    later([this, id, serial, trace, cursor, modelName] {
      if (serial != m_serial) return;
      setActivity(Activity::Idle);
      if (!trace) {
        emit failed(makeProblem(tr("This run does not open."), trace.error(),
                                tr("The other runs are not touched by it; open another one in Sessions.")));
        return;
      }
      leaveRun();
      m_runId = id;
      m_place = m_follow = false;
      if (cursor && *cursor) m_cursor = fromStored(**cursor);
      showTrace(*trace);
      emit cursorMoved();
      if (!m_model || m_model->contentHash != trace->info().modelHash) {
        openModel(QString::fromStdString(modelName), true);
      }
    });
  });
}

void Workbench::changeRun(std::function<core::Status(core::SessionStore&)> change) {
  m_disk->post("", [this, store = m_store, change = std::move(change)](const CancelToken&) {
    if (!store.get()) return;
    if (const core::Status changed = change(*store.get()); !changed) {
      later([this, error = changed.error()] { emit failed(makeProblem(tr("The run was not changed."), error)); });
    }
  });
  refreshSessions();
}

void Workbench::setStarred(core::RunId id, bool starred) {
  changeRun([=](core::SessionStore& store) { return store.setStarred(id, starred); });
}

void Workbench::renameRun(core::RunId id, const QString& name) {
  changeRun([id, text = name.toStdString()](core::SessionStore& store) { return store.rename(id, text); });
}

void Workbench::removeRun(core::RunId id) {
  m_removed = id;
  changeRun([id](core::SessionStore& store) { return store.remove(id); });
  emit noted(tr("Removed from the list. Sessions, Undo remove brings it back."));
}

void Workbench::undoRemove() {
  if (!m_removed) return;
  changeRun([id = *m_removed](core::SessionStore& store) { return store.undoRemove(id); });
  m_removed.reset();
}

void Workbench::openLastRun() {
  m_disk->post("open", [this, store = m_store](const CancelToken&) {
    std::optional<core::RunId> last;
    if (store.get()) {
      if (const auto found = store.get()->last()) last = *found;
    }
    later([this, last] {
      if (last) {
        openRun(*last);
      } else {
        emit nothingStored();
      }
    });
  });
}

void Workbench::saveCursor() {
  m_cursorSaver.stop();
  if (!m_runId) return;
  m_disk->post("cursor", [this, store = m_store, id = *m_runId, stored = toStored(m_cursor)](const CancelToken&) {
    if (!store.get()) return;
    if (const core::Status saved = store.get()->saveCursor(id, stored); !saved) {
      later([this, text = QString::fromStdString(saved.error().message)] { emit noted(text); });
    }
  });
}

}  // namespace app
