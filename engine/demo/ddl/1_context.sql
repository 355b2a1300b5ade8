-- What a TaskStart reads: project, work items, tasks, 6W contexts, agents, rules, summaries.

CREATE TABLE schema_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version TEXT NOT NULL UNIQUE,
  description TEXT,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  rollback_at TIMESTAMP DEFAULT NULL,
  rollback_reason TEXT DEFAULT NULL,
  applied_by TEXT DEFAULT NULL
);

CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  path TEXT NOT NULL,
  tech_stack TEXT DEFAULT '[]',
  detected_frameworks TEXT DEFAULT '[]',
  status TEXT DEFAULT 'initiated' CHECK (status IN ('initiated', 'active', 'on_hold',
    'completed', 'archived')),
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_projects_status ON projects (status);
CREATE INDEX idx_projects_name ON projects (name);

CREATE TABLE work_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  parent_work_item_id INTEGER,
  originated_from_idea_id INTEGER,
  name TEXT NOT NULL,
  description TEXT,
  type TEXT NOT NULL CHECK (type IN ('feature', 'enhancement', 'bugfix', 'research', 'analysis',
    'planning', 'refactoring', 'infrastructure', 'maintenance', 'monitoring', 'documentation',
    'security', 'fix_bugs_issues')),
  business_context TEXT,
  metadata TEXT DEFAULT '{}',
  effort_estimate_hours REAL,
  priority INTEGER DEFAULT 3 CHECK (priority >= 1 AND priority <= 5),
  status TEXT DEFAULT 'draft' CHECK (status IN ('draft', 'ready', 'active', 'review', 'done',
    'archived', 'blocked', 'cancelled')),
  phase TEXT CHECK (phase IS NULL OR phase IN ('D1_discovery', 'P1_plan', 'I1_implementation',
    'R1_review', 'O1_operations', 'E1_evolution')),
  due_date TIMESTAMP,
  not_before TIMESTAMP,
  is_continuous INTEGER NOT NULL DEFAULT 0 CHECK (is_continuous IN (0, 1)),
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  FOREIGN KEY (parent_work_item_id) REFERENCES work_items(id) ON DELETE CASCADE,
  FOREIGN KEY (originated_from_idea_id) REFERENCES ideas(id) ON DELETE SET NULL
);
CREATE INDEX idx_work_items_status ON work_items (status);
CREATE INDEX idx_work_items_type ON work_items (type);
CREATE INDEX idx_work_items_project_id ON work_items (project_id);
CREATE INDEX idx_work_items_phase ON work_items (phase);
CREATE INDEX idx_work_items_phase_status ON work_items (phase, status);

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  work_item_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  type TEXT DEFAULT 'implementation' CHECK (type IN ('design', 'implementation', 'testing',
    'bugfix', 'refactoring', 'documentation', 'deployment', 'review', 'analysis', 'research',
    'maintenance', 'optimization', 'integration', 'training', 'meeting', 'planning',
    'dependency', 'blocker', 'simple', 'other')),
  quality_metadata TEXT,
  effort_hours REAL CHECK (effort_hours IS NULL OR (effort_hours >= 0 AND effort_hours <= 8)),
  priority INTEGER DEFAULT 3 CHECK (priority >= 1 AND priority <= 5),
  due_date TIMESTAMP,
  assigned_to TEXT,
  status TEXT DEFAULT 'draft' CHECK (status IN ('draft', 'ready', 'active', 'review', 'done',
    'archived', 'blocked', 'cancelled')),
  blocked_reason TEXT,
  phase TEXT CHECK (phase IS NULL OR phase IN ('D1_discovery', 'P1_plan', 'I1_implementation',
    'R1_review', 'O1_operations', 'E1_evolution')),
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  started_at TIMESTAMP,
  completed_at TIMESTAMP,
  FOREIGN KEY (work_item_id) REFERENCES work_items(id) ON DELETE CASCADE
);
CREATE INDEX idx_tasks_status ON tasks (status);
CREATE INDEX idx_tasks_blocked ON tasks (status) WHERE status = 'blocked';
CREATE INDEX idx_tasks_work_item_id ON tasks (work_item_id);
CREATE INDEX idx_tasks_phase ON tasks (phase);
CREATE INDEX idx_tasks_phase_status ON tasks (phase, status);

CREATE TABLE contexts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  context_type TEXT NOT NULL CHECK (context_type IN ('resource_file', 'project_context',
    'work_item_context', 'task_context', 'rules_context', 'business_pillars_context',
    'market_research_context', 'competitive_analysis_context', 'quality_gates_context',
    'stakeholder_context', 'technical_context', 'implementation_context', 'idea_context',
    'idea_to_work_item_mapping')),
  file_path TEXT,
  file_hash TEXT,
  resource_type TEXT CHECK (resource_type IN ('sop', 'code', 'specification', 'documentation')
    OR resource_type IS NULL),
  entity_type TEXT CHECK (entity_type IN ('project', 'work_item', 'task', 'idea')
    OR entity_type IS NULL),
  entity_id INTEGER,
  six_w_data TEXT,
  confidence_score REAL CHECK (confidence_score IS NULL
    OR (confidence_score >= 0.0 AND confidence_score <= 1.0)),
  confidence_band TEXT CHECK (confidence_band IN ('RED', 'YELLOW', 'GREEN')
    OR confidence_band IS NULL),
  confidence_factors TEXT,
  context_data TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  CHECK ((context_type = 'resource_file' AND file_path IS NOT NULL) OR (context_type IN ('resource_file',
    'project_context', 'work_item_context', 'task_context', 'rules_context',
    'business_pillars_context', 'market_research_context', 'competitive_analysis_context',
    'quality_gates_context', 'stakeholder_context', 'technical_context',
    'implementation_context', 'idea_context', 'idea_to_work_item_mapping'))),
  CHECK ((context_type = 'resource_file') OR (context_type IN ('resource_file',
    'project_context', 'work_item_context', 'task_context', 'rules_context',
    'business_pillars_context', 'market_research_context', 'competitive_analysis_context',
    'quality_gates_context', 'stakeholder_context', 'technical_context',
    'implementation_context', 'idea_context',
    'idea_to_work_item_mapping') AND entity_type IS NOT NULL AND entity_id IS NOT NULL)),
  UNIQUE(context_type, entity_type, entity_id)
);
CREATE INDEX idx_contexts_project ON contexts (project_id);
CREATE INDEX idx_contexts_type ON contexts (context_type);
CREATE INDEX idx_contexts_entity ON contexts (entity_type, entity_id);

CREATE TABLE agents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description TEXT,
  sop_content TEXT,
  capabilities TEXT DEFAULT '[]',
  is_active INTEGER DEFAULT 1,
  agent_type TEXT DEFAULT NULL,
  file_path TEXT DEFAULT NULL,
  generated_at TIMESTAMP DEFAULT NULL,
  tier INTEGER CHECK (tier IN (1, 2, 3)),
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  functional_category TEXT CHECK (functional_category IN ('planning', 'implementation',
    'testing', 'documentation', 'utilities')),
  FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  UNIQUE(project_id, role)
);
CREATE INDEX idx_agents_project ON agents (project_id);
CREATE INDEX idx_agents_role ON agents (project_id, role);
CREATE INDEX idx_agents_active ON agents (is_active);
CREATE INDEX idx_agents_type ON agents (agent_type);
CREATE INDEX idx_agents_functional_category ON agents (functional_category);

CREATE TABLE rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  rule_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  category TEXT,
  enforcement_level TEXT NOT NULL CHECK (enforcement_level IN ('BLOCK', 'LIMIT', 'GUIDE',
    'ENHANCE')),
  validation_logic TEXT,
  error_message TEXT,
  config TEXT,
  enabled INTEGER DEFAULT 1,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE,
  UNIQUE(project_id, rule_id)
);
CREATE INDEX idx_rules_project ON rules (project_id);
CREATE INDEX idx_rules_enforcement ON rules (enforcement_level);

CREATE TABLE work_item_summaries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  work_item_id INTEGER NOT NULL,
  session_date TEXT NOT NULL CHECK (session_date IS date(session_date)),
  session_duration_hours REAL CHECK (session_duration_hours IS NULL OR session_duration_hours >= 0),
  summary_text TEXT NOT NULL,
  context_metadata TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  created_by TEXT,
  summary_type TEXT DEFAULT 'session' CHECK (summary_type IN ('session', 'milestone', 'decision',
    'retrospective')),
  FOREIGN KEY (work_item_id) REFERENCES work_items(id) ON DELETE CASCADE
);
CREATE INDEX idx_wi_summaries_wi ON work_item_summaries (work_item_id, session_date DESC);
CREATE INDEX idx_wi_summaries_date ON work_item_summaries (session_date DESC);
CREATE INDEX idx_wi_summaries_type ON work_item_summaries (work_item_id, summary_type, session_date DESC);
