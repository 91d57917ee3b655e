#include "app/dialogs/price_dialog.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace app {
namespace {

constexpr int kWidth = 480;

QString bytes(uint64_t count) { return QString::fromStdString(core::bytesText(count)); }

QLabel* words(const QString& text, const QString& objectName, const char* role = nullptr) {
  auto* label = new QLabel(text);
  label->setObjectName(objectName);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  label->setWordWrap(true);
  if (role) label->setProperty("role", role);
  return label;
}

QString memoryText(const ModelPrice& price) {
  if (price.memory == 0) return PriceDialog::tr("The system does not say how much memory is available.");
  return price.resident <= price.memory
             ? PriceDialog::tr("%1 are available now: it fits.").arg(bytes(price.memory))
             : PriceDialog::tr(
                   "%1 are available now: it does not fit. Experts are read from the disk when they are "
                   "chosen, which is slow.")
                   .arg(bytes(price.memory));
}

QString residentText(const ModelPrice& price) {
  return PriceDialog::tr("up to %1: %2 of weights, and %3 for %4 tokens of context")
      .arg(bytes(price.resident), bytes(price.cost.fileBytes),
           bytes(price.resident - std::min(price.resident, price.cost.fileBytes)))
      .arg(price.tokens);
}

// How the time is arrived at, so that it can be judged.
QString methodText(const ModelPrice& price) {
  QString text = PriceDialog::tr(
                     "A token reads %1 of weights (%2 by its chosen experts); memory here gives %3 a "
                     "second, measured just now.")
                     .arg(bytes(price.cost.bytesPerToken()), bytes(price.cost.chosenBytes),
                          bytes(static_cast<uint64_t>(price.memoryRate)));
  if (price.memory > 0 && price.cost.fileBytes > price.memory) {
    text += ' ' + PriceDialog::tr("What does not fit comes from the disk, taken to give %1 a second.")
                      .arg(bytes(static_cast<uint64_t>(core::kAssumedDiskRate)));
  }
  return text + ' ' + PriceDialog::tr("Sizes are of the file; the time is an estimate for generating on the CPU.");
}

}  // namespace

QString timeText(double secondsAToken) {
  if (secondsAToken <= 0) return PriceDialog::tr("not known");
  if (secondsAToken < 0.01) return PriceDialog::tr("about %1 ms").arg(secondsAToken * 1000, 0, 'f', 1);
  if (secondsAToken < 1) return PriceDialog::tr("about %1 ms").arg(secondsAToken * 1000, 0, 'f', 0);
  return PriceDialog::tr("about %1 s").arg(secondsAToken, 0, 'f', 1);
}

PriceDialog::PriceDialog(const ModelPrice& price, QWidget* parent) : QDialog(parent) {
  setObjectName("priceDialog");
  setWindowTitle(tr("Open a large model"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 20);
  column->setSpacing(12);
  QLabel* heading = words(tr("%1 is a large model.").arg(QString::fromStdString(price.name)), "priceHeading");
  QFont font = heading->font();
  font.setPixelSize(qRound(font.pixelSize() * 1.25));
  font.setWeight(QFont::DemiBold);
  heading->setFont(font);
  column->addWidget(heading);
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(16);
  form->setVerticalSpacing(8);
  form->addRow(words(tr("In memory"), {}, "label"), words(residentText(price), "priceResident"));
  form->addRow(words(tr("Here"), {}, "label"), words(memoryText(price), "priceMemory"));
  form->addRow(words(tr("A token takes"), {}, "label"), words(timeText(price.secondsAToken), "priceTime"));
  column->addLayout(form);
  column->addWidget(words(methodText(price), "priceMethod", "secondary"));
  m_known = new QCheckBox(tr("&Do not ask again for this model"));
  m_known->setObjectName("priceKnown");
  column->addWidget(m_known);
  column->addStretch(1);
  auto* row = new QHBoxLayout;
  auto* cancel = new QPushButton(tr("&Cancel"));
  cancel->setObjectName("priceCancel");
  cancel->setToolTip(tr("What is open stays open."));
  auto* open = new QPushButton(tr("&Open it"));
  open->setObjectName("priceOpen");
  open->setDefault(true);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(open, &QPushButton::clicked, this, &QDialog::accept);
  row->addStretch(1);
  row->addWidget(cancel);
  row->addWidget(open);
  column->addLayout(row);
  setMinimumWidth(kWidth);
  resize(kWidth, column->heightForWidth(kWidth));
  open->setFocus();
}

bool PriceDialog::isNotToAskAgain() const { return m_known->isChecked(); }

}  // namespace app
