// Opening a model: its files are mapped, a large one is asked about, then its engine is made and it takes the place of
// the one before.
#include "app/workbench.h"

namespace app {

void Workbench::openModel(const QString& nameOrPath, bool forRun) {
  m_waiting.reset();
  if (!forRun) {
    cancel();
    // Reports of what runs are dropped, but the session of a run that is whole stays good until another model is used.
    const bool whole = m_sessionSerial == m_serial;
    ++m_serial;
    if (whole) m_sessionSerial = m_serial;
  }
  std::set<QString> known = m_knownLarge;
  if (m_model) known.insert(QString::fromStdString(m_model->contentHash));
  const int serial = beginOpening();
  m_engine->post("model", [this, nameOrPath, forRun, serial, known = std::move(known)](const CancelToken& token) {
    const auto report = [&](core::Result<OpenedModel> opened) {
      later([this, opened = std::move(opened), nameOrPath, forRun, serial] {
        if (serial == m_openSerial) modelOpened(opened, nameOrPath, forRun);
      });
    };
    auto loaded = m_room->load(nameOrPath.toStdString());
    if (token.cancelled()) return report(core::cancelled());
    if (!loaded) return report(tl::unexpected(loaded.error()));
    ModelPrice price = priceOf(**loaded);
    if (isLarge(price, m_large) && !known.contains(QString::fromStdString(price.hash))) {
      estimateTime(price);
      later([this, model = *loaded, price, forRun, serial] {
        if (serial != m_openSerial) return;
        if (m_activity == Activity::OpeningModel) setActivity(Activity::Idle);
        m_waiting = Waiting{model, forRun};
        emit priceAsked(price);
      });
      return;
    }
    report(m_room->use(*loaded, openProgress(token, serial)));
  });
}

int Workbench::beginOpening() {
  m_openShare = 0;
  setActivity(Activity::OpeningModel);
  return ++m_openSerial;
}

// For the engine's thread: tells every hundredth once.
OpenProgress Workbench::openProgress(const CancelToken& token, int serial) {
  return [this, token, serial, told = 0](double share) mutable {
    if (const int hundredths = static_cast<int>(share * 100); hundredths > told) {
      told = hundredths;
      later([this, share, serial] {
        if (serial != m_openSerial) return;
        m_openShare = share;
        emit progressChanged();
      });
    }
    return !token.cancelled();
  };
}

void Workbench::cancelOpening() { m_engine->cancel("model"); }

void Workbench::answerPrice(bool open) {
  const std::optional<Waiting> waiting = std::exchange(m_waiting, std::nullopt);
  if (!waiting) return;
  if (open) return useModel(waiting->model, waiting->forRun);
  if (!m_recorded.empty()) showTrace(m_recorded);  // what was stopped for it runs no more
  emit noted(tr("%1 was not opened.").arg(QString::fromStdString(waiting->model->name)));
}

void Workbench::useModel(const std::shared_ptr<const core::Model>& model, bool forRun) {
  if (!forRun) {
    cancel();
    ++m_serial;
  }
  const int serial = beginOpening();
  m_engine->post("model", [this, model, forRun, serial](const CancelToken& token) {
    auto opened = m_room->use(model, openProgress(token, serial));
    later([this, opened = std::move(opened), name = QString::fromStdString(model->name), forRun, serial] {
      if (serial == m_openSerial) modelOpened(opened, name, forRun);
    });
  });
}

void Workbench::modelOpened(const core::Result<OpenedModel>& opened, const QString& name, bool forRun) {
  if (m_activity == Activity::OpeningModel) setActivity(Activity::Idle);
  if (!opened && opened.error().cancelled) {
    if (!m_recorded.empty()) showTrace(m_recorded);  // what was stopped for it runs no more
    emit noted(tr("%1 was not opened.").arg(name));
    return;
  }
  if (!opened) {
    const QString summary = tr("%1 does not open.").arg(name);
    if (forRun) {
      emit noted(summary);
    } else {
      emit failed(makeProblem(summary, opened.error(),
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
}

}  // namespace app
