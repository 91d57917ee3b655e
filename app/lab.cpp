#include "app/lab.h"

#include "app/cli/keep_run.h"
#include "app/models/session_model.h"
#include "core/engine/router_policy.h"

namespace app {
namespace {

constexpr size_t kMostTries = 24;

bool sameChange(const std::optional<core::ReplayOptions>& a, const std::optional<core::ReplayOptions>& b,
                const core::RouterConfig& router) {
  if (!a || !b) return !a && !b;
  return a->policy.kind == b->policy.kind && core::replaySettings(*a, router) == core::replaySettings(*b, router);
}

}  // namespace

Lab::Lab(Workbench& workbench)
    : m_workbench(workbench), m_thread(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  connect(&workbench, &Workbench::traceChanged, this, &Lab::followRun);
  connect(&workbench, &Workbench::cursorMoved, this, [this] {
    if (m_workbench.cursor().layer != m_sawLayer) lookBack();
  });
}

Lab::~Lab() { m_thread.reset(); }

core::Policy Lab::policyToEdit() const {
  if (m_asked) return m_asked->policy;
  return m_workbench.recorded().empty() ? core::Policy{} : core::policyOf(core::routerOfRun(m_workbench.recorded()));
}

void Lab::setChange(const std::optional<core::ReplayOptions>& change) {
  if (m_workbench.recorded().empty()) return;
  m_problem.clear();
  m_asked = change;
  if (change) return decide();
  ++m_serial;
  m_thread->cancel("replay");
  m_busy = false;
  m_shown.reset();
  const bool stays = !m_workbench.replayIsShown();
  m_workbench.showRecorded();
  if (stays) followRun();
  emit changed();
}

// Weights after drops hold under the capacity they were decided with.
bool Lab::isStale() const {
  if (!m_shown->dropWeights) return false;
  const core::CapacityOptions& now = m_workbench.trace().info().capacity;
  if (now.active != m_decidedUnder.active) return true;
  return now.active && (now.rule != m_decidedUnder.rule || now.factor != m_decidedUnder.factor);
}

// With the capacity that lies over it; where no rule does, room for every choice.
core::ReplayOptions Lab::underCapacity(core::ReplayOptions options) const {
  const core::CapacityOptions& capacity = m_workbench.trace().info().capacity;
  if (capacity.active) {
    options.rule = capacity.rule;
    options.factor = capacity.factor;
  } else if (m_workbench.recorded().info().capacity.active) {
    options.rule = core::CapacityRule::Gshard;
    options.factor = m_workbench.recorded().config().router.experts;
  }
  return options;
}

void Lab::decide() {
  const int serial = ++m_serial;
  m_busy = true;
  m_share = 0;
  emit changed();
  core::ReplayOptions options = *m_asked;
  if (options.dropWeights) {
    m_decidedUnder = m_workbench.trace().info().capacity;
    options = underCapacity(options);
  }
  const auto told = [this, serial](double done) {
    QMetaObject::invokeMethod(this, [this, serial, done] {
      if (serial != m_serial || !m_busy || done < m_share + 0.01) return;
      m_share = done;
      emit changed();
    });
  };
  m_thread->post("replay", [this, serial, options, told, recorded = m_workbench.recorded()](const CancelToken& token) {
    double last = 0;
    auto replayed = core::replay(recorded, options, m_pool, [&](double done) {
      if (done >= last + 0.02) told(last = done);
      return !token.cancelled();
    });
    QMetaObject::invokeMethod(
        this, [this, serial, replayed = std::move(replayed)] { arrived(serial, replayed); }, Qt::QueuedConnection);
  });
}

void Lab::arrived(int serial, core::Result<core::Trace> replayed) {
  if (serial != m_serial) return;
  m_busy = false;
  if (replayed) {
    m_shown = m_asked;
    m_workbench.showReplay(*replayed);
  } else if (replayed.error().cancelled) {
    m_asked = m_shown;
  } else {
    m_problem = QString::fromStdString(replayed.error().message);
  }
  emit changed();
}

void Lab::cancel() { m_thread->cancel("replay"); }

// Another run is shown, or this one has grown, or something else lies over it.
void Lab::followRun() {
  const core::Trace& recorded = m_workbench.recorded();
  const auto run = recorded.empty() ? nullptr : recorded.sharedInfo();
  if (run != m_run) {
    m_run = run;
    ++m_serial;
    m_thread->cancel("replay");
    m_asked.reset();
    m_shown.reset();
    m_tries.clear();
    m_current = -1;
    m_problem.clear();
    m_busy = false;
    m_sawLater.reset();
    m_sawLayer = -1;
  } else if (m_shown && !m_busy && !m_workbench.busy() && (!m_workbench.replayIsShown() || isStale())) {
    m_asked = m_shown;
    decide();
    return;
  }
  if (recorded.empty() || m_workbench.busy()) return emit changed();
  measure();
  lookBack();
  emit changed();
}

void Lab::setWatched(bool watched) {
  if (watched == m_watched) return;
  m_watched = watched;
  if (watched && m_tries.empty()) followRun();
}

void Lab::measure() {
  if (!m_watched && !m_shown) return;
  if (m_shown && !m_workbench.replayIsShown()) return;
  const core::Trace& shown = m_workbench.trace();
  if (ui::nextRoutedLayer(shown.config(), 0) < 0) return;
  ui::LabTry one;
  one.change = m_shown;
  one.capacity = shown.info().capacity;
  m_thread->post("measure", [this, one, shown, recorded = m_workbench.recorded(),
                             serial = ++m_measured](const CancelToken& token) mutable {
    if (token.cancelled()) return;
    one.measures = core::measureReplay(recorded, shown).back();
    QMetaObject::invokeMethod(
        this,
        [this, serial, one] {
          if (serial == m_measured) put(one);
        },
        Qt::QueuedConnection);
  });
}

bool Lab::sameTry(const ui::LabTry& a, const ui::LabTry& b) const {
  const bool sameRule =
      a.capacity.active == b.capacity.active && (!a.capacity.active || a.capacity.rule == b.capacity.rule);
  return sameRule && sameChange(a.change, b.change, core::routerOfRun(m_workbench.recorded()));
}

// One row a policy and rule: a dragged factor moves in its row.
void Lab::put(const ui::LabTry& one) {
  if (m_workbench.recorded().empty()) return;
  m_current = -1;
  for (size_t i = 0; i < m_tries.size(); ++i) {
    if (sameTry(m_tries[i], one)) m_current = static_cast<int>(i);
  }
  if (m_current >= 0) {
    m_tries[static_cast<size_t>(m_current)] = one;
  } else {
    if (m_tries.size() >= kMostTries) m_tries.erase(m_tries.begin());
    m_tries.push_back(one);
    m_current = static_cast<int>(m_tries.size()) - 1;
  }
  emit changed();
}

// Of a policy that looks ahead: the tokens of the cursor's layer whose experts later ones decided.
void Lab::lookBack() {
  m_sawLater.reset();
  m_sawLayer = -1;
  if (!m_shown || core::policyInfo(m_shown->policy.kind).causal || !m_workbench.replayIsShown()) return;
  const core::Trace& recorded = m_workbench.recorded();
  const int layer = m_workbench.cursor().layer;
  m_sawLayer = layer;
  const int tokens = recorded.tokens(core::Stream::Layer, layer);
  if (tokens == 0 || tokens > core::kMostTokensLookedBack || !recorded.has(core::Hook::RouterLogits, layer)) return;
  m_thread->post("look", [this, recorded, layer, options = *m_shown, serial = ++m_looked](const CancelToken& token) {
    if (token.cancelled()) return;
    auto saw = core::tokensThatSawLaterOnes(recorded, options, layer);
    if (!saw) return;
    QMetaObject::invokeMethod(
        this,
        [this, serial, layer, saw = std::move(*saw)] {
          if (serial != m_looked || layer != m_sawLayer) return;
          m_sawLater = saw;
          emit changed();
        },
        Qt::QueuedConnection);
  });
}

ui::LabView Lab::view(const ui::Phrases& say) const {
  const core::Trace& recorded = m_workbench.recorded();
  ui::LabInput input;
  input.change = m_asked;
  input.tries = m_tries;
  input.current = m_current;
  input.sawLater = m_sawLater;
  return ui::makeLabView(m_workbench.source().ofBlock(), recorded, input, m_workbench.cursor(), say);
}

QString Lab::suggestedName() const {
  const ui::Phrases say;
  QString name = tr("this run");
  if (m_workbench.row()) name = sessionTitle(*m_workbench.row());
  return QStringLiteral("%1 \u203A %2").arg(name, QString::fromStdString(view(say).name));
}

// Decided once more with the capacity that lies over it, so that what is stored holds its own slots.
void Lab::keep(const QString& name) {
  if (m_workbench.recorded().empty()) return;
  core::ReplayOptions options = m_shown.value_or(core::replayBy(policyToEdit()));
  if (options.dropWeights || m_workbench.capacityIsLaidOver()) options = underCapacity(options);
  const auto parent = m_workbench.runId();
  m_thread->post("keep", [this, name, parent, options, recorded = m_workbench.recorded()](const CancelToken&) {
    auto replayed = core::replay(recorded, options, m_pool);
    QMetaObject::invokeMethod(
        this,
        [this, name, parent, replayed = std::move(replayed)] {
          if (replayed) {
            store(core::standalone(*replayed), name, parent);
          } else {
            emit failed(makeProblem(tr("The replay was not kept."), replayed.error()));
          }
        },
        Qt::QueuedConnection);
  });
}

void Lab::store(const core::Trace& replayed, const QString& name, std::optional<core::RunId> parent) {
  m_workbench.askStore("", this, [this, replayed, name, parent](core::SessionStore& store) -> Workbench::Answer {
    std::optional<core::RunOrigin> origin;
    if (parent) origin = core::RunOrigin{*parent, 0, "replay"};
    const auto id = keepRun(store, replayed, name.toStdString(), false, origin);
    return [this, name, id] {
      if (!id) {
        emit failed(makeProblem(tr("The replay was not kept."), id.error()));
        return;
      }
      m_workbench.refreshSessions();
      emit m_workbench.noted(tr("Kept under the run: %1").arg(name));
      emit kept();
    };
  });
}

}  // namespace app
