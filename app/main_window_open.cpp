// Opening files and folders, by dialog and by dropping them on the window; the list of devices; and what did not work.
#include <QAction>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMenu>
#include <QMimeData>

#include "app/dialogs/price_dialog.h"
#include "app/dialogs/problem_dialog.h"
#include "app/main_window.h"

namespace app {

void MainWindow::openFolder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a model folder"));
  if (!folder.isEmpty()) m_workbench->open(folder);
}

void MainWindow::openSnapshot() {
  const QString file = QFileDialog::getOpenFileName(
      this, tr("Open a recorded run or a GGUF model"), {},
      tr("Recorded runs and GGUF models (*.gguf *.json *.npz *.safetensors *.db *.sqlite)") + ";;" +
          tr("All files (*)"));
  if (!file.isEmpty()) m_workbench->open(file);
}

void MainWindow::askPrice(const ModelPrice& price) {
  auto* ask = new PriceDialog(price, this);
  connect(ask, &QDialog::finished, this, [this, ask, hash = QString::fromStdString(price.hash)](int answer) {
    const bool open = answer == QDialog::Accepted;
    if (open && ask->isNotToAskAgain() && !m_settings.knownLarge.contains(hash)) {
      m_settings.knownLarge << hash;
      m_workbench->setKnownLarge(m_settings.knownLarge);
      saveSettings(m_settingsFile, m_settings);
    }
    m_workbench->answerPrice(open);
  });
  ask->open();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.front().isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.isEmpty() || !urls.front().isLocalFile()) return;
  event->acceptProposedAction();
  m_workbench->open(urls.front().toLocalFile());
}

// The drivers are asked when the menu opens for the first time: it takes a moment, which nobody waits for.
void MainWindow::addDeviceMenu(QMenu& menu) {
  menu.setObjectName("deviceMenu");
  menu.setToolTipsVisible(true);
  connect(&menu, &QMenu::aboutToShow, this, [this, &menu] {
    if (m_workbench->devices().empty()) m_workbench->listDevices();
    showDevices(menu);
  });
  const auto again = [this, &menu] { showDevices(menu); };
  connect(m_workbench.get(), &Workbench::devicesListed, &menu, again);
  connect(m_workbench.get(), &Workbench::deviceChanged, &menu, again);
}

void MainWindow::showDevices(QMenu& menu) {
  menu.clear();
  if (m_workbench->devices().empty()) {
    menu.addAction(tr("Asking the drivers\u2026"))->setEnabled(false);
    return;
  }
  for (const DeviceChoice& device : m_workbench->devices()) {
    const QString id = QString::fromStdString(device.id), why = QString::fromStdString(device.whyNot);
    const QString name = id == "auto" ? tr("Automatic: a GPU if there is one, else the CPU")
                                      : QString::fromStdString(device.name).replace('&', "&&");
    QAction* action = menu.addAction(name, this, [this, id] {
      m_settings.device = id;
      m_workbench->setDevice(id);
    });
    action->setData(id);
    action->setCheckable(true);
    action->setChecked(id == m_workbench->device());
    action->setEnabled(why.isEmpty());
    if (why.isEmpty()) continue;
    action->setText(tr("%1: cannot be used").arg(name));
    action->setToolTip(why.toHtmlEscaped());
  }
}

// One message at a time: the same thing said twice helps nobody.
void MainWindow::report(const Problem& problem) {
  m_play.stop();
  if (m_closing) return;
  for (const ProblemDialog* open : findChildren<ProblemDialog*>()) {
    if (open->summary() == problem.summary && open->isVisible()) return;
  }
  (new ProblemDialog(problem, this))->open();
}

}  // namespace app
