#include "app/docks/profile_dock.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/docks/plain_table.h"
#include "app/models/profile_model.h"
#include "app/style.h"
#include "app/workbench.h"

namespace app {

// A share as a bar beside its number.
class ShareDelegate : public NumberDelegate {
 public:
  using NumberDelegate::NumberDelegate;
  void setTheme(const ui::Theme& theme) {
    m_bar = toQt(theme.attention);
    setFont(numberFont(theme));
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    if (index.column() == ProfileModel::Share) {
      const double share = index.data(ProfileModel::kShareRole).toDouble();
      QRect bar = option.rect.adjusted(4, 3, -numberWidth(), -3);
      bar.setWidth(qRound(bar.width() * std::clamp(share, 0.0, 1.0)));
      painter->fillRect(bar, m_bar);
    }
    NumberDelegate::paint(painter, option, index);
  }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QSize size = NumberDelegate::sizeHint(option, index);
    if (index.column() == ProfileModel::Share) size.setWidth(2 * numberWidth());
    return size;
  }

 private:
  int numberWidth() const { return QFontMetrics(font()).horizontalAdvance("100.0 %") + 12; }

  QColor m_bar;
};

ProfileDock::ProfileDock(Workbench& workbench, QWidget* parent)
    : Dock(tr("Where the time goes"), "profileDock", parent), m_workbench(workbench) {
  m_model = new ProfileModel(this);
  auto* teach = new QLabel(
      tr("Runs are measured while this panel is open. Run the prompt to see how long each kind of operation takes on "
         "this device."));
  teach->setObjectName("profileEmpty");
  teach->setWordWrap(true);
  teach->setMargin(qRound(ui::kPadding));
  teach->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  makeTable();
  m_pages = new QStackedWidget;
  m_pages->addWidget(teach);
  m_pages->addWidget(m_table);
  body()->addWidget(m_pages);

  auto* copy = new QToolButton;
  copy->setProperty("role", "plain");
  copy->setObjectName("profileCopy");
  copy->setText(tr("Copy TSV"));
  connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_model->toTsv()); });
  addTitleWidget(copy);

  connect(toggleViewAction(), &QAction::triggered, this, [this](bool shown) {
    if (shown) raise();
  });
  connect(this, &QDockWidget::visibilityChanged, this, [this] { m_workbench.setMeasured(!isHidden()); });
  connect(&workbench, &Workbench::profileChanged, this, &ProfileDock::showProfile);
  showProfile();
}

void ProfileDock::makeTable() {
  m_table = new QTableView;
  makePlain(*m_table, "profileTable", tr("Where the time goes"));
  m_table->setModel(m_model);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_table->horizontalHeader()->setSectionResizeMode(ProfileModel::Op, QHeaderView::Stretch);
  m_shares = new ShareDelegate(m_table);
  for (const int column : {ProfileModel::Share, ProfileModel::Time, ProfileModel::Calls}) {
    m_table->setItemDelegateForColumn(column, m_shares);
  }
}

void ProfileDock::setTheme(const ui::Theme& theme) {
  m_shares->setTheme(theme);
  app::setTheme(*m_table, theme);
}

void ProfileDock::showProfile() {
  const std::optional<core::Profile>& profile = m_workbench.profile();
  m_model->setProfile(profile);
  m_pages->setCurrentIndex(profile ? 1 : 0);
  setSubtitle(profile ? tr("%1 ms \u00B7 %2")
                            .arg(1e3 * profile->seconds, 0, 'f', 1)
                            .arg(QString::fromStdString(m_workbench.recorded().info().engine.engine))
                      : QString());
}

}  // namespace app
