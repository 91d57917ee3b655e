// Which device runs the models.
#include "app/workbench.h"

namespace app {

void Workbench::listDevices() {
  m_disk->post("devices", [this, list = m_listDevices](const CancelToken&) {
    later([this, found = list()] {
      m_devices = found;
      emit devicesListed();
    });
  });
}

void Workbench::setDevice(const QString& device) {
  if (device == m_device) return;
  cancel();
  const bool hadModel = m_model != nullptr;
  const int serial = beginOpening();
  if (!hadModel) setActivity(Activity::Idle);
  m_engine->post("model", [this, device, serial](const CancelToken& token) {
    const core::Result<std::string> remark = m_room->useDevice(device.toStdString(), openProgress(token, serial));
    later([this, device, remark, serial] {
      if (serial != m_openSerial) return;
      if (m_activity == Activity::OpeningModel) setActivity(Activity::Idle);
      if (!remark && remark.error().cancelled) {
        emit noted(tr("The device that was in use stays."));
      } else if (!remark) {
        emit failed(makeProblem(tr("This device cannot be used."), remark.error(),
                                tr("The device that was in use stays. Run, Device lists the others.")));
      } else {
        m_device = device;
        m_sessionSerial = -1;  // what the run remembers was on the other device
        if (!remark->empty()) emit noted(QString::fromStdString(*remark));
      }
      emit deviceChanged();
    });
  });
}

QString Workbench::whatToDoAfter(const core::Error& error) const {
  const bool onGpu = m_source.empty() ? m_device.startsWith("gpu") : trace().info().engine.engine == "gpu";
  if (!error.cancelled && onGpu) {
    return tr(
        "What was run until then is here and saved. The next run starts the device anew; if it fails again, choose "
        "the CPU in Run, Device.");
  }
  return {};
}

}  // namespace app
