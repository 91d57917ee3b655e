#include "app/measures_job.h"

#include <utility>

#include "ui/views/drops_view.h"

namespace app {

MeasuresJob::MeasuresJob() : m_thread(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {}

MeasuresJob::~MeasuresJob() { m_thread.reset(); }

void MeasuresJob::ask(const ui::ViewSource& source, int layer) {
  if (m_busy && m_layer == layer && m_memo.lock() == source.memo) return;
  m_memo = source.memo;
  m_layer = layer;
  m_busy = true;
  // A memo is this thread's: the other one carries only the way back to it.
  m_thread->post("measures", [this, trace = source.trace, decided = source.dispatch[static_cast<size_t>(layer)], layer,
                              memo = m_memo, serial = ++m_serial](const CancelToken& token) {
    if (token.cancelled()) return;
    auto made = std::make_shared<const ui::LayerMeasures>(ui::measureLayer(trace, layer, *decided));
    QMetaObject::invokeMethod(
        this,
        [this, memo, layer, serial, made = std::move(made)]() mutable {
          if (const auto open = memo.lock()) ui::putMeasures(*open, layer, std::move(made));
          if (serial == m_serial) m_busy = false;
          emit arrived();
        },
        Qt::QueuedConnection);
  });
}

}  // namespace app
