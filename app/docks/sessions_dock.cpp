#include "app/docks/sessions_dock.h"

#include <QActionGroup>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/dialogs/line_dialog.h"
#include "app/models/session_delegate.h"
#include "app/models/session_model.h"

namespace app {
namespace {

const QString kOpens = QStringLiteral(" \u25BE");  // a menu

struct NamedSort {
  const char* text;
  core::RunSort sort;
  bool descending;
};
constexpr NamedSort kSorts[] = {
    {QT_TRANSLATE_NOOP("app::SessionsDock", "Newest first"), core::RunSort::Created, true},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "Oldest first"), core::RunSort::Created, false},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "By name"), core::RunSort::Name, false},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "By prompt"), core::RunSort::Prompt, false},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "By model"), core::RunSort::Model, false},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "Most tokens first"), core::RunSort::Tokens, true},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "Most dropped first"), core::RunSort::Dropped, true},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "By state"), core::RunSort::State, false},
    {QT_TRANSLATE_NOOP("app::SessionsDock", "Best match first"), core::RunSort::Relevance, true},
};

QToolButton* menuButton(const QString& name) {
  auto* button = new QToolButton;
  button->setProperty("role", "plain");
  button->setObjectName(name);
  button->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(button);
  menu->setObjectName(name + "Menu");
  button->setMenu(menu);
  return button;
}

}  // namespace

SessionsDock::SessionsDock(Workbench& workbench, RunEdits& edits, QWidget* parent)
    : Dock(tr("Sessions"), "sessionsDock", parent), m_workbench(workbench), m_edits(edits) {
  m_search = new QLineEdit;
  m_search->setObjectName("sessionSearch");
  m_search->setAccessibleName(tr("Search sessions"));
  m_search->setPlaceholderText(tr("Search prompts, notes, tags and models"));
  m_search->setClearButtonEnabled(true);
  for (auto* clear : m_search->findChildren<QToolButton*>()) clear->setAccessibleName(tr("Clear the search"));
  m_sort = menuButton("sessionSort");
  m_filterButton = menuButton("sessionFilter");
  auto* top = new QVBoxLayout;
  top->setContentsMargins(12, 8, 12, 4);
  top->setSpacing(4);
  top->addWidget(m_search);
  auto* row = new QHBoxLayout;
  row->addWidget(m_sort);
  row->addWidget(m_filterButton);
  row->addStretch(1);
  top->addLayout(row);
  body()->addLayout(top);

  m_model = new SessionModel(this);
  m_list = new QListView;
  m_list->setObjectName("sessionList");
  m_list->setAccessibleName(tr("Sessions"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new SessionDelegate(m_list));
  m_list->setUniformItemSizes(true);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setMouseTracking(true);
  m_list->installEventFilter(this);
  body()->addWidget(m_list, 1);
  m_empty = new QLabel;
  m_empty->setObjectName("noSessions");
  m_empty->setProperty("role", "secondary");
  m_empty->setWordWrap(true);
  m_empty->setMargin(12);
  m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  body()->addWidget(m_empty, 1);

  connect(m_search, &QLineEdit::textChanged, this, &SessionsDock::list);
  connect(m_list, &QListView::activated, this, &SessionsDock::openIndex);
  connect(m_sort->menu(), &QMenu::aboutToShow, this, &SessionsDock::fillSortMenu);
  connect(m_filterButton->menu(), &QMenu::aboutToShow, this, &SessionsDock::fillFilterMenu);
  connect(&workbench, &Workbench::sessionsChanged, this, &SessionsDock::showRows);
  connect(&workbench, &Workbench::traceChanged, this, &SessionsDock::showRows);
  m_list->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(m_list, &QListView::customContextMenuRequested, this, [this](const QPoint& at) {
    const QModelIndex index = m_list->indexAt(at);
    if (!index.isValid()) return;
    makeRunMenu(index.data(SessionModel::IdRole).toLongLong())->popup(m_list->viewport()->mapToGlobal(at));
  });
  list();
  showRows();
}

bool SessionsDock::isFiltered() const {
  return m_filter.starredOnly || !m_filter.tag.empty() || !m_filter.model.empty() || m_filter.state;
}

void SessionsDock::list() {
  m_filter.text = m_search->text().toStdString();
  for (const NamedSort& each : kSorts) {
    if (each.sort == m_options.sort && each.descending == m_options.descending) m_sort->setText(tr(each.text) + kOpens);
  }
  QStringList filters;
  if (m_filter.starredOnly) filters << QStringLiteral("\u2605");
  if (!m_filter.tag.empty()) filters << '#' + QString::fromStdString(m_filter.tag);
  if (!m_filter.model.empty()) filters << QString::fromStdString(m_filter.model);
  if (m_filter.state) filters << QString::fromStdString(std::string(core::runStateName(*m_filter.state)));
  m_filterButton->setText((filters.isEmpty() ? tr("All runs") : tr("Only %1").arg(filters.join(' '))) + kOpens);
  m_workbench.listSessions(m_filter, m_options);
}

void SessionsDock::fillSortMenu() {
  QMenu* menu = m_sort->menu();
  menu->clear();
  for (const NamedSort& each : kSorts) {
    QAction* action = menu->addAction(tr(each.text), this, [this, each] {
      m_options.sort = each.sort;
      m_options.descending = each.descending;
      list();
    });
    action->setCheckable(true);
    action->setChecked(each.sort == m_options.sort && each.descending == m_options.descending);
  }
}

void SessionsDock::fillFilterMenu() {
  QMenu* menu = m_filterButton->menu();
  menu->clear();
  const auto add = [&](const QString& text, bool checked, const std::function<void(core::RunFilter&)>& set) {
    QAction* action = menu->addAction(text, this, [this, set] {
      set(m_filter);
      list();
    });
    action->setCheckable(true);
    action->setChecked(checked);
  };
  add(tr("All runs"), !isFiltered(), [](core::RunFilter& filter) { filter = {}; });
  add(tr("Starred"), m_filter.starredOnly, [](core::RunFilter& filter) { filter.starredOnly = !filter.starredOnly; });
  add(tr("Interrupted"), m_filter.state == core::RunState::Interrupted, [](core::RunFilter& filter) {
    const bool now = filter.state == core::RunState::Interrupted;
    filter.state = now ? std::nullopt : std::optional(core::RunState::Interrupted);
  });
  const auto section = [&](const std::vector<std::string>& names, const std::string& now, const QString& sign,
                           std::string core::RunFilter::*field) {
    if (names.empty()) return;
    menu->addSeparator();
    for (const std::string& name : names) {
      add(sign + QString::fromStdString(name), now == name,
          [name, field](core::RunFilter& filter) { filter.*field = filter.*field == name ? std::string() : name; });
    }
  };
  section(m_workbench.tags(), m_filter.tag, "#", &core::RunFilter::tag);
  section(m_workbench.models(), m_filter.model, "", &core::RunFilter::model);
}

void SessionsDock::showRows() {
  const std::vector<core::RunRow>& rows = m_workbench.sessions();
  m_model->setRows(rows);
  setSubtitle(rows.empty() ? QString() : rows.size() == 1 ? tr("1 run") : tr("%1 runs").arg(rows.size()));
  if (m_workbench.runId()) {
    const QModelIndex current = m_model->indexOf(*m_workbench.runId());
    if (current.isValid() && current != m_list->currentIndex()) m_list->setCurrentIndex(current);
  }
  m_list->setVisible(!rows.empty());
  m_empty->setVisible(rows.empty());
  m_empty->setText(!m_search->text().isEmpty() ? tr("No run mentions \u201C%1\u201D.").arg(m_search->text())
                   : isFiltered()              ? tr("No run is like that.")
                                               : tr("No runs yet. Every prompt you run is kept here."));
}

QMenu* SessionsDock::makeRunMenu(core::RunId id) {
  const core::RunRow* row = m_workbench.rowOf(id);
  const bool starred = row && row->starred;
  auto* menu = new QMenu(this);
  menu->setObjectName("runMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Open"), this, [this, id] { m_workbench.openRun(id); });
  menu->addAction(tr("Compare with this run"), this, [this, id] { emit compareAsked(id); });
  menu->addSeparator();
  menu->addAction(starred ? tr("Take the star away") : tr("Star"), this,
                  [this, id, starred] { m_edits.setStarred(id, !starred); });
  menu->addAction(tr("Rename\u2026"), this, [this, id] { askName(id); });
  menu->addAction(tr("Tags\u2026"), this, [this, id] { askTags(id); });
  menu->addAction(tr("Note\u2026"), this, [this, id] { askNote(id); });
  menu->addSeparator();
  menu->addAction(tr("Remove"), this, [this, id] { m_edits.remove(id); });
  for (QAction* action : menu->actions()) action->setObjectName(action->text());
  return menu;
}

void SessionsDock::askName(core::RunId id) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row) return;
  auto* ask = new LineDialog(tr("Rename"), tr("Name of the run"), sessionTitle(*row), this);
  ask->onDone([this, id](const QString& name) { m_edits.rename(id, name); });
  ask->open();
}

void SessionsDock::askTags(core::RunId id) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row) return;
  QStringList tags;
  for (const std::string& tag : row->tags) tags << QString::fromStdString(tag);
  auto* ask = new LineDialog(tr("Tags"), tr("Tags of the run, with commas between"), tags.join(", "), this);
  ask->onDone([this, id](const QString& text) { m_edits.setTags(id, text.split(',', Qt::SkipEmptyParts)); });
  ask->open();
}

void SessionsDock::askNote(core::RunId id) {
  const core::RunRow* row = m_workbench.rowOf(id);
  if (!row) return;
  auto* ask = new LineDialog(tr("Note"), tr("Note of the run"), QString::fromStdString(row->note), this);
  ask->onDone([this, id](const QString& note) { m_edits.setNote(id, note); });
  ask->open();
}

void SessionsDock::openIndex(const QModelIndex& index) {
  if (index.isValid()) m_workbench.openRun(index.data(SessionModel::IdRole).toLongLong());
}

bool SessionsDock::eventFilter(QObject* watched, QEvent* event) {
  const QModelIndex index = m_list->currentIndex();
  if (watched == m_list && event->type() == QEvent::KeyPress && index.isValid()) {
    const core::RunId id = index.data(SessionModel::IdRole).toLongLong();
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Delete) {
      m_edits.remove(id);
      return true;
    }
    if (key == Qt::Key_Menu) {
      makeRunMenu(id)->popup(m_list->viewport()->mapToGlobal(m_list->visualRect(index).bottomLeft()));
      return true;
    }
  }
  return Dock::eventFilter(watched, event);
}

}  // namespace app
