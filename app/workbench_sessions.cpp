// The workbench's side of the sessions: listing, opening runs, changing them. All of it happens on the disk
// thread; what it found comes back as a queued call.
#include <QPointer>
#include <algorithm>

#include "app/workbench.h"

namespace app {
namespace {

core::StoredCursor toStored(const ui::Cursor& cursor) {
  return {cursor.token, cursor.layer, cursor.expert, static_cast<int>(cursor.stage)};
}

ui::Cursor fromStored(const core::StoredCursor& stored) {
  return {stored.token, stored.layer, std::max(0, stored.expert),
          static_cast<ui::Stage>(std::clamp(stored.stage, 0, ui::kStages - 1))};
}

}  // namespace

void Workbench::askDisk(const std::string& tag, QObject* context, std::function<Answer()> job) {
  m_disk->post(tag, [this, job = std::move(job), context = QPointer(context)](const CancelToken& token) {
    if (token.cancelled()) return;
    Answer answer = job();
    if (!answer) return;
    later([answer = std::move(answer), context] {
      if (context) answer();
    });
  });
}

void Workbench::askStore(const std::string& tag, QObject* context, std::function<Answer(core::SessionStore&)> job) {
  askDisk(tag, context,
          [store = m_store, job = std::move(job)]() -> Answer { return store.get() ? job(*store.get()) : Answer(); });
}

void Workbench::askEngine(const std::string& tag, QObject* context,
                          std::function<Answer(RunRoom&, core::SessionStore*, const CancelToken&)> job) {
  m_engine->post(tag,
                 [this, store = m_store, job = std::move(job), context = QPointer(context)](const CancelToken& token) {
                   Answer answer = job(*m_room, store.get().get(), token);
                   if (!answer) return;
                   later([answer = std::move(answer), context] {
                     if (context) answer();
                   });
                 });
}

void Workbench::listSessions(const core::RunFilter& filter, const core::ListOptions& options) {
  m_filter = filter;
  m_listing = options;
  refreshSessions();
}

void Workbench::refreshSessions() {
  askStore("list", this,
           [this, filter = m_filter, options = m_listing, id = m_runId](core::SessionStore& store) -> Answer {
             auto rows = store.list(filter, options);
             if (!rows) {
               return [this, problem = QString::fromStdString(rows.error().message)] { emit noted(problem); };
             }
             const auto tags = store.tags(), models = store.models();
             std::optional<core::RunRow> current;
             if (id) {
               if (auto row = store.row(*id)) current = std::move(*row);
             }
             return [this, id, rows = std::move(*rows), current, tags, models] {
               m_sessions = rows;
               if (tags) m_tags = *tags;
               if (models) m_models = *models;
               if (id == m_runId) m_row = current;
               emit sessionsChanged();
             };
           });
}

const core::RunRow* Workbench::rowOf(core::RunId id) const {
  if (m_row && m_row->id == id) return &*m_row;
  const auto found = std::find_if(m_sessions.begin(), m_sessions.end(), [id](const auto& row) { return row.id == id; });
  return found == m_sessions.end() ? nullptr : &*found;
}

void Workbench::openRun(core::RunId id, const std::optional<ui::Cursor>& at) {
  if (m_runId == id && !busy() && at) {
    moveTo(*at);
    return;
  }
  if (m_cursorSaver.isActive()) saveCursor();
  cancel();
  const int serial = ++m_serial;
  setActivity(Activity::OpeningRun);
  askStore("open", this, [this, id, serial, at](core::SessionStore& store) -> Answer {
    const auto trace = store.loadTrace(id);
    const auto cursor = store.loadCursor(id);
    std::string modelName;
    core::Trace beneath;
    if (trace && trace->info().replay) {
      const auto row = store.row(id);
      if (row && row->origin) {
        const auto parent = store.loadTrace(row->origin->parent);
        if (parent && parent->ids() == trace->ids()) beneath = *parent;
      }
    }
    if (trace) {
      std::error_code ignored;
      const core::RunInfo& info = trace->info();
      modelName = std::filesystem::exists(info.modelPath, ignored) ? info.modelPath : info.modelName;
    }
    return [this, id, serial, trace, cursor, modelName, beneath, at] {
      if (serial != m_serial) return;
      setActivity(Activity::Idle);
      if (!trace) {
        emit failed(makeProblem(tr("This run does not open."), trace.error(),
                                tr("The other runs are not touched by it; open another one in Sessions.")));
        return;
      }
      leaveRun();
      m_runId = id;
      m_beneath = beneath;
      if (const core::RunRow* listed = rowOf(id)) m_row = *listed;
      m_place = m_follow = false;
      m_landOn = -1;
      if (at) {
        m_cursor = *at;
      } else if (cursor && *cursor) {
        m_cursor = fromStored(**cursor);
      }
      showTrace(*trace);
      emit cursorMoved();
      refreshSessions();
      if (!m_model || m_model->contentHash != trace->info().modelHash) {
        openModel(QString::fromStdString(modelName), true);
      }
    };
  });
}

void Workbench::openLastRun() {
  askStore("open", this, [this](core::SessionStore& store) -> Answer {
    std::optional<core::RunId> last;
    if (const auto found = store.last()) last = *found;
    return [this, last] {
      if (last) {
        openRun(*last);
      } else {
        emit nothingStored();
      }
    };
  });
}

void Workbench::changeRun(std::function<core::Status(core::SessionStore&)> change) {
  askStore("", this, [this, change = std::move(change)](core::SessionStore& store) -> Answer {
    const core::Status changed = change(store);
    if (changed) return {};
    return [this, error = changed.error()] { emit failed(makeProblem(tr("The run was not changed."), error)); };
  });
  refreshSessions();
}

void Workbench::setStarred(core::RunId id, bool starred) {
  changeRun([=](core::SessionStore& store) { return store.setStarred(id, starred); });
}

void Workbench::renameRun(core::RunId id, const QString& name) {
  changeRun([id, text = name.toStdString()](core::SessionStore& store) { return store.rename(id, text); });
}

void Workbench::setTags(core::RunId id, const std::vector<std::string>& tags) {
  changeRun([id, tags](core::SessionStore& store) { return store.setTags(id, tags); });
}

void Workbench::setNote(core::RunId id, const QString& note) {
  changeRun([id, text = note.toStdString()](core::SessionStore& store) { return store.setNote(id, text); });
}

void Workbench::setOrigin(core::RunId id, const core::RunOrigin& origin) {
  changeRun([id, origin](core::SessionStore& store) { return store.setOrigin(id, origin); });
}

void Workbench::removeRun(core::RunId id) {
  m_removed.insert(id);
  changeRun([id](core::SessionStore& store) { return store.remove(id); });
  emit activityChanged();  // what is shown may no longer be kept
}

void Workbench::undoRemove(core::RunId id) {
  m_removed.erase(id);
  changeRun([id](core::SessionStore& store) { return store.undoRemove(id); });
  emit activityChanged();
}

void Workbench::eraseRemoved() {
  if (m_removed.empty()) return;
  const std::vector<core::RunId> ids(m_removed.begin(), m_removed.end());
  m_removed.clear();
  if (m_runId && std::find(ids.begin(), ids.end(), *m_runId) != ids.end()) m_runId.reset();
  changeRun([ids](core::SessionStore& store) { return store.erase(ids); });
}

void Workbench::saveCursor() {
  m_cursorSaver.stop();
  if (!m_runId || m_readOnly) return;
  askStore("cursor", this, [this, id = *m_runId, stored = toStored(m_cursor)](core::SessionStore& store) -> Answer {
    const core::Status saved = store.saveCursor(id, stored);
    if (saved) return {};
    return [this, text = QString::fromStdString(saved.error().message)] { emit noted(text); };
  });
}

}  // namespace app
