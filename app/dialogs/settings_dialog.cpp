#include "app/dialogs/settings_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace app {
namespace {

constexpr int kTextSizes[] = {100, 110, 125, 150, 175, 200};

QComboBox* chooser(const QString& name, const QString& accessible) {
  auto* box = new QComboBox;
  box->setObjectName(name);
  box->setAccessibleName(accessible);
  return box;
}

}  // namespace

SettingsDialog::SettingsDialog(const Settings& settings, const QString& storeFile, QWidget* parent)
    : QDialog(parent), m_settings(settings) {
  setObjectName("settingsDialog");
  setWindowTitle(tr("Settings"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 20);
  column->setSpacing(16);
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(24);
  form->setVerticalSpacing(10);
  column->addLayout(form);
  addLook(*form);
  addStore(*form, storeFile);
  addRuns(*form);
  addLargeModels(*form);
  auto* last = new QHBoxLayout;
  auto* close = new QPushButton(tr("Close"));
  close->setObjectName("settingsClose");
  close->setDefault(true);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  last->addStretch(1);
  last->addWidget(close);
  column->addLayout(last);
  setMinimumWidth(560);
}

void SettingsDialog::addLook(QFormLayout& form) {
  m_theme = chooser("settingsTheme", tr("Theme"));
  m_theme->addItem(tr("As the system"), static_cast<int>(ThemeChoice::System));
  m_theme->addItem(tr("Dark"), static_cast<int>(ThemeChoice::Dark));
  m_theme->addItem(tr("Light"), static_cast<int>(ThemeChoice::Light));
  m_theme->setCurrentIndex(m_theme->findData(static_cast<int>(m_settings.theme)));
  form.addRow(tr("&Theme"), m_theme);
  m_size = chooser("settingsSize", tr("Text size"));
  for (const int percent : kTextSizes) m_size->addItem(tr("%1 %").arg(percent), percent);
  const int now = qRound(m_settings.textScale * 100);
  if (m_size->findData(now) < 0) m_size->addItem(tr("%1 %").arg(now), now);
  m_size->setCurrentIndex(m_size->findData(now));
  form.addRow(tr("Text &size"), m_size);
  m_still = new QCheckBox(tr("&Reduced motion"));
  m_still->setObjectName("settingsStill");
  m_still->setChecked(m_settings.reducedMotion);
  m_still->setToolTip(tr("Nothing slides; everything is where it belongs at once."));
  form.addRow(QString(), m_still);
  connect(m_theme, &QComboBox::activated, this, [this] {
    m_settings.theme = static_cast<ThemeChoice>(m_theme->currentData().toInt());
    tell();
  });
  connect(m_size, &QComboBox::activated, this, [this] {
    m_settings.textScale = m_size->currentData().toInt() / 100.0;
    tell();
  });
  connect(m_still, &QCheckBox::toggled, this, [this](bool on) {
    m_settings.reducedMotion = on;
    tell();
  });
}

void SettingsDialog::addStore(QFormLayout& form, const QString& storeFile) {
  auto* row = new QHBoxLayout;
  m_store = new QLineEdit(storeFile);
  m_store->setObjectName("settingsStore");
  m_store->setAccessibleName(tr("Database of the sessions"));
  auto* choose = new QPushButton(tr("Choose\u2026"));
  choose->setObjectName("settingsChooseStore");
  choose->setAccessibleName(tr("Choose the database of the sessions"));
  row->addWidget(m_store, 1);
  row->addWidget(choose);
  auto* label = new QLabel(tr("S&essions are kept in"));
  label->setBuddy(m_store);
  form.addRow(label, row);
  connect(choose, &QPushButton::clicked, this, &SettingsDialog::chooseStore);
  connect(m_store, &QLineEdit::editingFinished, this, [this] {
    if (m_store->text().isEmpty() || m_store->text() == m_settings.storeFile) return;
    m_settings.storeFile = m_store->text();
    tell();
  });
}

void SettingsDialog::chooseStore() {
  const QString file =
      QFileDialog::getSaveFileName(this, tr("Where sessions are kept"), m_store->text(),
                                   tr("Databases (*.db *.sqlite)"), nullptr, QFileDialog::DontConfirmOverwrite);
  if (file.isEmpty()) return;
  m_store->setText(file);
  m_settings.storeFile = file;
  tell();
}

void SettingsDialog::addRuns(QFormLayout& form) {
  m_device = chooser("settingsDevice", tr("Device"));
  form.addRow(tr("&Device"), m_device);
  m_why = new QLabel;
  m_why->setObjectName("settingsDeviceWhy");
  m_why->setProperty("role", "hint");
  m_why->setTextFormat(Qt::PlainText);
  m_why->setWordWrap(true);
  form.addRow(QString(), m_why);
  showDevices({}, m_settings.device);
  m_capture = chooser("settingsCapture", tr("What is kept of a run"));
  m_capture->addItem(tr("Routing: who was chosen and why"), static_cast<int>(core::Capture::Routing));
  m_capture->addItem(tr("Ledger: also what each part contributed"), static_cast<int>(core::Capture::Ledger));
  m_capture->addItem(tr("Full: also every tensor, large"), static_cast<int>(core::Capture::Full));
  m_capture->setCurrentIndex(m_capture->findData(static_cast<int>(m_settings.capture)));
  form.addRow(tr("&Keep of a run"), m_capture);
  connect(m_device, &QComboBox::activated, this, [this] {
    m_settings.device = m_device->currentData().toString();
    tell();
  });
  connect(m_capture, &QComboBox::activated, this, [this] {
    m_settings.capture = static_cast<core::Capture>(m_capture->currentData().toInt());
    showTensors();
    tell();
  });
  m_tensors = new QCheckBox(tr("Keep the tensors in the data&base too"));
  m_tensors->setObjectName("settingsTensors");
  m_tensors->setChecked(m_settings.storeFull);
  m_tensors->setToolTip(tr("Without it they are computed again when they are wanted: Run, Compute every tensor."));
  form.addRow(QString(), m_tensors);
  m_tensorSize = new QLabel;
  m_tensorSize->setObjectName("settingsTensorSize");
  m_tensorSize->setProperty("role", "hint");
  m_tensorSize->setTextFormat(Qt::PlainText);
  m_tensorSize->setWordWrap(true);
  form.addRow(QString(), m_tensorSize);
  connect(m_tensors, &QCheckBox::toggled, this, [this](bool on) {
    m_settings.storeFull = on;
    tell();
  });
  showTensorSize({});
}

// Only full runs have them; their size stands there before one asks for them.
void SettingsDialog::showTensors() {
  const bool full = m_settings.capture == core::Capture::Full;
  m_tensors->setEnabled(full);
  m_tensorSize->setVisible(full && !m_tensorSize->text().isEmpty());
}

void SettingsDialog::showTensorSize(const QString& words) {
  m_tensorSize->setText(words);
  showTensors();
}

// Answers to "do not ask again" are taken back here.
void SettingsDialog::addLargeModels(QFormLayout& form) {
  auto* row = new QHBoxLayout;
  auto* known = new QLabel;
  known->setObjectName("settingsKnownLarge");
  auto* forget = new QPushButton(tr("&Ask again"));
  forget->setObjectName("settingsAskAgain");
  forget->setAutoDefault(false);
  const auto show = [this, known, forget] {
    const auto count = m_settings.knownLarge.size();
    known->setText(count == 0   ? tr("The window asks before it opens one.")
                   : count == 1 ? tr("One is opened without a question.")
                                : tr("%1 are opened without a question.").arg(count));
    forget->setEnabled(count > 0);
  };
  show();
  row->addWidget(known, 1);
  row->addWidget(forget);
  form.addRow(tr("Large models"), row);
  connect(forget, &QPushButton::clicked, this, [this, show] {
    m_settings.knownLarge.clear();
    show();
    tell();
  });
}

void SettingsDialog::showDevices(const std::vector<DeviceChoice>& devices, const QString& current) {
  m_device->clear();
  QStringList reasons;
  for (const DeviceChoice& device : devices) {
    const QString id = QString::fromStdString(device.id), name = QString::fromStdString(device.name);
    m_device->addItem(id == "auto" ? tr("Automatic: a GPU if there is one, else the CPU") : name, id);
    if (device.whyNot.empty()) continue;
    static_cast<QStandardItemModel*>(m_device->model())->item(m_device->count() - 1)->setEnabled(false);
    reasons << tr("%1 cannot be used: %2").arg(name, QString::fromStdString(device.whyNot));
  }
  if (devices.empty()) m_device->addItem(tr("Asking the drivers\u2026"), current);
  m_device->setEnabled(!devices.empty());
  m_device->setCurrentIndex(std::max(0, m_device->findData(current)));
  m_settings.device = current;
  m_why->setText(reasons.join('\n'));
  m_why->setVisible(!reasons.isEmpty());
}

void SettingsDialog::tell() { emit changed(m_settings); }

}  // namespace app
