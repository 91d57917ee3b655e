#include "app/second_run.h"

#include "app/cli/parity_report.h"
#include "app/models/session_model.h"
#include "core/text/tokenizer.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

QString deviceName(const std::string& device) { return device == "cpu" ? SecondRun::tr("CPU") : SecondRun::tr("GPU"); }

// The row of a GPU, a real one first; empty: none can be used.
std::string anyGpu(const std::vector<DeviceChoice>& devices) {
  std::string software;
  for (const DeviceChoice& device : devices) {
    if (!device.id.starts_with("gpu:") || !device.whyNot.empty()) continue;
    if (!device.name.ends_with("(cpu)")) return device.id;
    if (software.empty()) software = device.id;
  }
  return software;
}

// In one sentence: whether every recorded value is within tolerance, and the largest difference.
QString verdictOf(const ParityReport& report) {
  const HookParity* worst = nullptr;
  int64_t different = 0;
  for (const HookParity& hook : report.hooks) {
    different += hook.different;
    if (!worst || hook.worst > worst->worst) worst = &hook;
  }
  QString text;
  if (report.passed()) {
    text = SecondRun::tr("CPU and GPU agree: every recorded value is within tolerance.");
  } else if (!report.problems.empty()) {
    text = SecondRun::tr("CPU and GPU differ: %1.").arg(QString::fromStdString(report.problems.front()));
  } else {
    text = SecondRun::tr("CPU and GPU differ: %1 values are past the tolerance.").arg(different);
  }
  if (!report.closeCalls.empty())
    text += SecondRun::tr(" %1 close calls fell the other way.").arg(report.closeCalls.size());
  if (worst && worst->worst > 0) {
    text += SecondRun::tr(" Largest difference: %1 of what is allowed, %2.")
                .arg(worst->worst, 0, 'g', 2)
                .arg(QString::fromStdString(worst->name));
  }
  return text;
}

}  // namespace

SecondRun::SecondRun(Workbench& workbench)
    : m_workbench(workbench), m_thread(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  connect(&workbench, &Workbench::traceChanged, this, [this] {
    if (m_comparedTo && m_workbench.trace().sharedInfo() != m_comparedTo) m_verdict.clear();
    if (!ui::isComparisonOf(m_memo, m_workbench.source().trace, shown().trace)) m_memo = {};  // holds both runs
  });
  connect(&workbench, &Workbench::modelChanged, this, &SecondRun::cancel);
}

SecondRun::~SecondRun() { m_thread.reset(); }

void SecondRun::show(const core::Trace& trace, const QString& name) {
  m_source = ui::makeViewSource(trace);
  m_attention = {};
  m_memo = {};
  m_comparedA = m_comparedB = {};
  const auto& model = m_workbench.model();
  if (model && model->tokenizer && model->contentHash == trace.info().modelHash) {
    m_source.tokenText = [tokenizer = model->tokenizer](int32_t id) { return tokenizer->pieceText(id); };
  }
  m_name = name;
}

void SecondRun::show(const core::Trace& trace, const QString& name, std::optional<core::RunId> id) {
  cancel();
  ++m_serial;
  m_busy = false;
  m_id = id;
  m_verdict.clear();
  m_comparedTo.reset();
  show(trace, name);
  emit changed();
}

void SecondRun::choose(core::RunId id) {
  cancel();
  m_workbench.askStore("second", this, [this, id, serial = ++m_serial](core::SessionStore& store) -> Workbench::Answer {
    auto trace = store.loadTrace(id);
    auto row = store.row(id);
    return [this, id, serial, trace = std::move(trace), row = std::move(row)] {
      if (serial != m_serial) return;
      if (!trace) {
        emit failed(makeProblem(tr("The second run does not open."), trace.error()));
        return;
      }
      m_id = id;
      m_verdict.clear();
      m_comparedTo.reset();
      show(*trace, row ? sessionTitle(*row) : tr("Run %1").arg(id));
      emit changed();
    };
  });
}

void SecondRun::compareDevices() {
  if (m_busy || m_workbench.busy() || m_workbench.trace().empty()) return;
  if (m_workbench.trace().info().engine.engine == "gpu") {
    repeatOn("cpu");
  } else if (!m_workbench.devices().empty()) {
    repeatOn(anyGpu(m_workbench.devices()));
  } else {
    m_verdict = tr("Asking the drivers\u2026");
    emit changed();
    connect(
        &m_workbench, &Workbench::devicesListed, this, [this] { repeatOn(anyGpu(m_workbench.devices())); },
        Qt::SingleShotConnection);
    m_workbench.listDevices();
  }
}

void SecondRun::repeatOn(const std::string& other) {
  if (m_busy || m_workbench.busy() || m_workbench.trace().empty()) return;
  if (other.empty()) {
    m_verdict.clear();
    emit changed();
    emit failed({tr("There is no GPU to compare with."),
                 tr("No Vulkan device here can run models. Run, Device says why for each."),
                 {},
                 {},
                 {},
                 {}});
    return;
  }
  const core::Trace record = m_workbench.recorded();
  const std::optional<core::RunId> parent = m_workbench.runId();
  const core::RunRow* row = parent ? m_workbench.rowOf(*parent) : nullptr;
  const QString name = tr("%1 \u203A on the %2").arg(row ? sessionTitle(*row) : tr("this run"), deviceName(other));
  const bool keep = !parent || !m_workbench.isRemoved(*parent);
  m_busy = true;
  m_share = 0;
  m_verdict = tr("Running on the %1\u2026").arg(deviceName(other));
  emit changed();
  const auto progress = [this](double share) {
    QMetaObject::invokeMethod(this, [this, share] {
      if (!m_busy || share < m_share + 0.01) return;
      m_share = share;
      emit changed();
    });
  };
  m_workbench.askEngine(
      "second", this,
      [=, this, serial = ++m_serial](RunRoom& room, core::SessionStore* store,
                                     const CancelToken& token) -> Workbench::Answer {
        std::optional<core::RunId> id;
        RunEvents events;
        events.began = [&id](core::RunId run) { id = run; };
        events.progress = [&](const core::RunProgress& p) { progress(p.share); };
        const RunEnded ended = room.repeatOn(other, record, keep ? store : nullptr, token, events);
        QString verdict;
        if (!ended.error && !ended.cancelled) {
          const bool gpuIsRecord = other == "cpu";
          verdict = verdictOf(gpuIsRecord ? compareTraces(ended.trace, record) : compareTraces(record, ended.trace));
        }
        return [=, this] {
          if (id) {
            if (parent) m_workbench.setOrigin(*id, {*parent, ended.trace.length(), "device"});
            m_workbench.renameRun(*id, name);
          }
          if (serial != m_serial) return;
          m_busy = false;
          m_verdict = ended.cancelled ? tr("Stopped.") : verdict;
          if (ended.error) {
            m_verdict.clear();
            if (!ended.error->cancelled)
              emit failed(makeProblem(tr("The run on the %1 stopped.").arg(deviceName(other)), *ended.error));
          } else if (!ended.cancelled) {
            m_id = id;
            m_comparedTo = record.sharedInfo();
            show(ended.trace, name);
          }
          emit changed();
        };
      });
}

void SecondRun::cancel() {
  if (m_busy) m_workbench.cancelJob("second");
}

void SecondRun::clear() {
  cancel();
  ++m_serial;
  m_busy = false;
  m_source = {};
  m_attention = {};
  m_memo = {};
  m_comparedA = m_comparedB = {};
  m_id.reset();
  m_verdict.clear();
  emit changed();
}

const ui::ViewSource& SecondRun::shown() const {
  if (!m_workbench.showsAttention()) return m_source;
  if (!m_attention.block) m_attention = ui::showingAttention(m_source);
  return m_attention;
}

ui::CompareView SecondRun::view(const ui::Phrases& say) const {
  if (empty() || m_workbench.trace().empty()) return ui::makeEmptyCompareView(say);
  QString name = tr("this run");
  if (m_workbench.row()) name = sessionTitle(*m_workbench.row());
  ui::ViewSource first = m_workbench.source(), second = shown();
  first.tables = second.tables = false;
  return ui::makeCompareView(first, ui::quotedToken(name.toStdString()), second, ui::quotedToken(m_name.toStdString()),
                             m_workbench.cursor(), say, &m_memo);
}

ui::CompareView SecondRun::viewSoon(const ui::Phrases& say) {
  if (empty() || m_workbench.trace().empty()) return view(say);
  const core::Trace &a = m_workbench.source().trace, &b = shown().trace;
  if (ui::isComparisonOf(m_memo, a, b) || ui::comparesQuickly(a, b)) return view(say);
  compareSoon(a, b);
  return ui::makeComparingView(say);
}

// A newer pair takes the place of one that waits; what comes is kept only if it is of the newest.
void SecondRun::compareSoon(const core::Trace& a, const core::Trace& b) {
  if (ui::sameRouting(a, m_comparedA) && ui::sameRouting(b, m_comparedB)) return;
  m_comparedA = a;
  m_comparedB = b;
  m_thread->post("compare", [this, a, b](const CancelToken& token) {
    if (token.cancelled()) return;
    ui::CompareMemo made = ui::compareRuns(a, b);
    QMetaObject::invokeMethod(
        this,
        [this, a, b, made = std::move(made)]() mutable {
          if (!ui::sameRouting(a, m_comparedA) || !ui::sameRouting(b, m_comparedB)) return;
          m_comparedA = m_comparedB = {};
          m_memo = std::move(made);
          emit changed();
        },
        Qt::QueuedConnection);
  });
}

ui::Cursor SecondRun::parting() const {
  const ui::Phrases say;
  return ui::firstParting(view(say), m_workbench.cursor());
}

}  // namespace app
