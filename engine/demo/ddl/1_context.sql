-- What a TaskStart reads. Names, columns and what a cell may hold are AgentPM's interface.

-- The plan: a project, its work items, and the tasks that carry them out.

CREATE TABLE projects (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  name                TEXT NOT NULL UNIQUE,
  description         TEXT,
  path                TEXT NOT NULL,
  tech_stack          TEXT DEFAULT '[]',
  detected_frameworks TEXT DEFAULT '[]',
  status              TEXT DEFAULT 'initiated'
    CHECK (status IN ('initiated', 'active', 'on_hold', 'completed', 'archived')),
  created_at          TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at          TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_projects_name ON projects (name);
CREATE INDEX idx_projects_status ON projects (status);

CREATE TABLE work_items (
  id                      INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id              INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  parent_work_item_id     INTEGER REFERENCES work_items (id) ON DELETE CASCADE,
  originated_from_idea_id INTEGER REFERENCES ideas (id) ON DELETE SET NULL,
  name                    TEXT NOT NULL,
  description             TEXT,
  type                    TEXT NOT NULL CHECK (type IN (
    -- something new
    'feature', 'enhancement', 'research', 'analysis', 'planning',
    -- something mended or kept going
    'bugfix', 'fix_bugs_issues', 'refactoring', 'maintenance', 'monitoring',
    -- what the rest stands on
    'infrastructure', 'documentation', 'security')),
  business_context        TEXT,
  metadata                TEXT DEFAULT '{}',
  effort_estimate_hours   REAL,
  priority                INTEGER DEFAULT 3 CHECK (priority BETWEEN 1 AND 5),
  status                  TEXT DEFAULT 'draft' CHECK (status IN (
    'draft', 'ready', 'active', 'blocked', 'review', 'done', 'cancelled', 'archived')),
  phase                   TEXT CHECK (phase IN ('D1_discovery', 'P1_plan', 'I1_implementation',
    'R1_review', 'O1_operations', 'E1_evolution')),
  due_date                TIMESTAMP,
  not_before              TIMESTAMP,
  is_continuous           INTEGER NOT NULL DEFAULT 0 CHECK (is_continuous IN (0, 1)),
  created_at              TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at              TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_work_items_project_id ON work_items (project_id);
CREATE INDEX idx_work_items_type ON work_items (type);
CREATE INDEX idx_work_items_status ON work_items (status);
CREATE INDEX idx_work_items_phase ON work_items (phase);
CREATE INDEX idx_work_items_phase_status ON work_items (phase, status);

CREATE TABLE tasks (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  work_item_id     INTEGER NOT NULL REFERENCES work_items (id) ON DELETE CASCADE,
  name             TEXT NOT NULL,
  description      TEXT,
  type             TEXT DEFAULT 'implementation' CHECK (type IN (
    -- thinking first
    'research', 'analysis', 'planning', 'design',
    -- making and mending
    'implementation', 'bugfix', 'refactoring', 'optimization', 'integration', 'maintenance',
    -- making sure and handing over
    'testing', 'review', 'documentation', 'training', 'deployment',
    -- everything around it
    'meeting', 'dependency', 'blocker', 'simple', 'other')),
  quality_metadata TEXT,
  effort_hours     REAL CHECK (effort_hours BETWEEN 0 AND 8),
  priority         INTEGER DEFAULT 3 CHECK (priority BETWEEN 1 AND 5),
  due_date         TIMESTAMP,
  assigned_to      TEXT,
  status           TEXT DEFAULT 'draft' CHECK (status IN (
    'draft', 'ready', 'active', 'blocked', 'review', 'done', 'cancelled', 'archived')),
  blocked_reason   TEXT,
  phase            TEXT CHECK (phase IN ('D1_discovery', 'P1_plan', 'I1_implementation',
    'R1_review', 'O1_operations', 'E1_evolution')),
  created_at       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  started_at       TIMESTAMP,
  completed_at     TIMESTAMP
);
CREATE INDEX idx_tasks_work_item_id ON tasks (work_item_id);
CREATE INDEX idx_tasks_status ON tasks (status);
CREATE INDEX idx_tasks_blocked ON tasks (status) WHERE status = 'blocked';
CREATE INDEX idx_tasks_phase ON tasks (phase);
CREATE INDEX idx_tasks_phase_status ON tasks (phase, status);

-- What is known about it: the 6W of each level and what came out of earlier sessions.

CREATE TABLE contexts (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id         INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  context_type       TEXT NOT NULL CHECK (context_type IN (
    -- a file, or the 6W of one level
    'resource_file', 'project_context', 'work_item_context', 'task_context', 'idea_context',
    -- one aspect of an entity
    'rules_context', 'technical_context', 'implementation_context', 'quality_gates_context',
    'stakeholder_context', 'business_pillars_context', 'market_research_context',
    'competitive_analysis_context', 'idea_to_work_item_mapping')),
  file_path          TEXT,
  file_hash          TEXT,
  resource_type      TEXT CHECK (resource_type IN ('sop', 'code', 'specification', 'documentation')),
  entity_type        TEXT CHECK (entity_type IN ('project', 'work_item', 'task', 'idea')),
  entity_id          INTEGER,
  six_w_data         TEXT,
  confidence_score   REAL CHECK (confidence_score BETWEEN 0.0 AND 1.0),
  confidence_band    TEXT CHECK (confidence_band IN ('RED', 'YELLOW', 'GREEN')),
  confidence_factors TEXT,
  context_data       TEXT,
  created_at         TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at         TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (context_type, entity_type, entity_id),
  -- only a file may stand for itself
  CHECK (context_type = 'resource_file' OR (entity_type IS NOT NULL AND entity_id IS NOT NULL))
);
CREATE INDEX idx_contexts_project ON contexts (project_id);
CREATE INDEX idx_contexts_entity ON contexts (entity_type, entity_id);
CREATE INDEX idx_contexts_type ON contexts (context_type);

CREATE TABLE work_item_summaries (
  id                     INTEGER PRIMARY KEY AUTOINCREMENT,
  work_item_id           INTEGER NOT NULL REFERENCES work_items (id) ON DELETE CASCADE,
  -- IS and not =, so that what is no date at all is refused too
  session_date           TEXT NOT NULL CHECK (date(session_date) IS session_date),
  session_duration_hours REAL CHECK (session_duration_hours >= 0),
  summary_text           TEXT NOT NULL,
  context_metadata       TEXT,
  created_at             TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by             TEXT,
  summary_type           TEXT DEFAULT 'session'
    CHECK (summary_type IN ('session', 'milestone', 'decision', 'retrospective'))
);
CREATE INDEX idx_wi_summaries_wi ON work_item_summaries (work_item_id, session_date DESC);
CREATE INDEX idx_wi_summaries_type
  ON work_item_summaries (work_item_id, summary_type, session_date DESC);
CREATE INDEX idx_wi_summaries_date ON work_item_summaries (session_date DESC);

-- Who does it, and by which rules.

CREATE TABLE agents (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id          INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  role                TEXT NOT NULL,
  display_name        TEXT NOT NULL,
  description         TEXT,
  sop_content         TEXT,
  capabilities        TEXT DEFAULT '[]',
  is_active           INTEGER DEFAULT 1,
  agent_type          TEXT,
  file_path           TEXT,
  generated_at        TIMESTAMP,
  tier                INTEGER CHECK (tier IN (1, 2, 3)),
  created_at          TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at          TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  functional_category TEXT CHECK (functional_category IN (
    'planning', 'implementation', 'testing', 'documentation', 'utilities')),
  UNIQUE (project_id, role)
);
CREATE INDEX idx_agents_project ON agents (project_id);
CREATE INDEX idx_agents_role ON agents (project_id, role);
CREATE INDEX idx_agents_type ON agents (agent_type);
CREATE INDEX idx_agents_functional_category ON agents (functional_category);
CREATE INDEX idx_agents_active ON agents (is_active);

CREATE TABLE rules (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id        INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  rule_id           TEXT NOT NULL,
  name              TEXT NOT NULL,
  description       TEXT,
  category          TEXT,
  enforcement_level TEXT NOT NULL
    CHECK (enforcement_level IN ('BLOCK', 'LIMIT', 'GUIDE', 'ENHANCE')),
  validation_logic  TEXT,
  error_message     TEXT,
  config            TEXT,
  enabled           INTEGER DEFAULT 1,
  created_at        TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at        TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (project_id, rule_id)
);
CREATE INDEX idx_rules_project ON rules (project_id);
CREATE INDEX idx_rules_enforcement ON rules (enforcement_level);

-- Which version of all this the database has.

CREATE TABLE schema_migrations (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  version         TEXT NOT NULL UNIQUE,
  description     TEXT,
  applied_at      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  rollback_at     TIMESTAMP,
  rollback_reason TEXT,
  applied_by      TEXT
);
