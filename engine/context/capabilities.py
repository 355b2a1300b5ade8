"""What an agent's capabilities let through: AgentPM's tables and its way of matching.

The substring match goes both ways on purpose, odd as its results are: this is what AgentPM
delivers (an empty capability matches everything, `go` matches `django`).
"""

from __future__ import annotations

from typing import Final

Capabilities = tuple[str, ...]
"""Lower-cased capabilities of one agent; an empty tuple filters nothing."""

TECHNOLOGIES: Final[dict[str, tuple[str, ...]]] = {
    "python": ("python", "django", "fastapi", "flask", "pydantic"),
    "database": ("sqlalchemy", "sqlite", "postgresql", "mysql", "redis"),
    "api": ("django", "fastapi", "flask", "graphql", "rest_framework"),
    "testing": ("pytest", "unittest", "jest", "mocha", "cypress"),
    "pytest": ("pytest", "pytest-cov", "pytest-mock"),
    "unittest": ("unittest", "mock"),
    "frontend": ("react", "vue", "angular", "svelte", "nextjs"),
    "react": ("react", "nextjs", "gatsby", "redux", "react-router"),
    "vue": ("vue", "nuxt", "vuex", "vue-router"),
    "angular": ("angular", "rxjs", "ngrx"),
    "devops": ("docker", "kubernetes", "terraform", "ansible"),
    "ci_cd": ("github-actions", "gitlab-ci", "jenkins", "circleci"),
    "documentation": ("sphinx", "mkdocs", "docusaurus", "markdown"),
}

AMALGAMATION_PATTERNS: Final[dict[str, tuple[str, ...]]] = {
    "python": ("classes", "functions", "methods", "modules", "imports"),
    "database": ("models", "schema", "migrations", "queries", "database"),
    "api": ("api", "endpoints", "serializers", "views", "routes"),
    "testing": ("tests", "fixtures", "test_cases", "test_helpers"),
    "pytest": ("tests", "fixtures", "conftest"),
    "unittest": ("tests", "test_cases"),
    "frontend": ("components", "pages", "layouts", "styles"),
    "react": ("components", "hooks", "contexts", "jsx"),
    "vue": ("components", "templates", "composables"),
    "angular": ("components", "services", "modules"),
    "devops": ("config", "deployment", "infrastructure", "docker"),
    "ci_cd": ("workflows", "pipelines", "deployment"),
    "documentation": ("docs", "readme", "guides"),
}
COMMON_AMALGAMATIONS: Final = frozenset(
    ("readme", "overview", "architecture", "structure", "project")
)

_CODE: Final = "Code Quality"
_DEPLOYMENT: Final = "Deployment Standards"
_PRINCIPLES: Final = "Development Principles"
_DOCUMENTATION: Final = "Documentation Standards"
_SECURITY: Final = "Security Standards"
_TECHNICAL: Final = "Technical Standards"
_TESTING: Final = "Testing Standards"
_INFRASTRUCTURE: Final = "Infrastructure Standards"

RULE_CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "python": (_PRINCIPLES, _CODE, _TESTING, _SECURITY, _TECHNICAL),
    "database": (_PRINCIPLES, _SECURITY, "Data Governance", _TECHNICAL),
    "api": (_PRINCIPLES, _CODE, _SECURITY, "API Standards"),
    "testing": (_TESTING, _CODE, _PRINCIPLES),
    "pytest": (_TESTING, _CODE),
    "quality_assurance": (_TESTING, _CODE, _DOCUMENTATION),
    "frontend": (_PRINCIPLES, _CODE, _TESTING, "UI/UX Standards"),
    "react": (_PRINCIPLES, _CODE, _TESTING),
    "devops": (_DEPLOYMENT, _SECURITY, _INFRASTRUCTURE),
    "ci_cd": (_DEPLOYMENT, _TESTING),
    "infrastructure": (_DEPLOYMENT, _SECURITY, _INFRASTRUCTURE),
    "documentation": (_DOCUMENTATION, _CODE),
    "technical_writing": (_DOCUMENTATION,),
    "code_review": (_CODE, _PRINCIPLES, _TESTING, _SECURITY),
    "static_analysis": (_CODE, _SECURITY),
}
COMMON_RULE_CATEGORIES: Final = frozenset(
    ("Workflow Rules", "Time-Boxing Rules", "Project Management")
)


def keeps_technology(key: str, capabilities: Capabilities) -> bool:
    """Whether plugin facts under `key` concern an agent with these capabilities."""
    return _matches(key.lower(), capabilities, TECHNOLOGIES)


def keeps_amalgamation(kind: str, capabilities: Capabilities) -> bool:
    """Whether a code amalgamation of this type concerns an agent with these capabilities."""
    lowered = kind.lower()
    return lowered in COMMON_AMALGAMATIONS or _matches(lowered, capabilities, AMALGAMATION_PATTERNS)


def rule_categories(capabilities: Capabilities) -> frozenset[str]:
    """The categories of the rules that concern an agent with these capabilities."""
    return COMMON_RULE_CATEGORIES.union(*(RULE_CATEGORIES.get(name, ()) for name in capabilities))


def _matches(word: str, capabilities: Capabilities, table: dict[str, tuple[str, ...]]) -> bool:
    return any(
        name in word or word in name
        for capability in capabilities
        for name in (capability, *table.get(capability, ()))
    )
