-- The system tables of an instance, made by og init in erp.db (and copied,
-- empty, into base.db). Application id and user_version name the format.
-- SOURCE tables are covered by the row log: the ledger can rebuild them.
-- DERIVED tables (the list in lib/db/rowlog.c) are left out of it.
PRAGMA application_id = 1330071860; -- "OGT4"
PRAGMA user_version = 3;

-- Who may ask. clearance 1 (public) to 3 (secret). pubkey: base64, raw Ed25519.
CREATE TABLE og_principal (                                     -- source
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL REFERENCES og_role(name),
  clearance INTEGER NOT NULL CHECK (clearance BETWEEN 1 AND 3),
  pubkey TEXT,                      -- NULL: cannot sign
  active INTEGER NOT NULL DEFAULT 1,
  created TEXT NOT NULL
);
CREATE TABLE og_role (                                          -- source
  name TEXT PRIMARY KEY NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  rights TEXT NOT NULL DEFAULT '[]' -- JSON array of: ddl grant skill policy approve ledger tasks register
) WITHOUT ROWID;
-- Password hashes, crypt(3). Never logged, never readable through a gate.
CREATE TABLE og_credential (                                    -- derived
  principal INTEGER PRIMARY KEY REFERENCES og_principal(id),
  hash TEXT NOT NULL
);

-- subject: 'role:admin', or 'skill:NAME@HASH'. Lists are JSON arrays of
-- column names; NULL visible or settable means every column that is not
-- masked. predicate: SQL over t.column, :principal_id, :clearance, :role.
CREATE TABLE og_grant (                                         -- source
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  tbl TEXT NOT NULL,
  effect TEXT NOT NULL DEFAULT 'permit' CHECK (effect IN ('permit','forbid')),
  verbs TEXT NOT NULL,              -- JSON array, of select insert update
  visible TEXT, masked TEXT, settable TEXT,
  predicate TEXT,
  UNIQUE (subject, tbl, effect)
);

-- A version of a skill is its hash. Exactly one version of a name is active.
CREATE TABLE og_skill (                                         -- source
  name TEXT NOT NULL,
  hash TEXT NOT NULL,               -- hex SHA-256 of doc
  id INTEGER NOT NULL,              -- node number, shared by all versions
  kind TEXT NOT NULL CHECK (kind IN ('workflow','regulation','agent')),
  clearance INTEGER NOT NULL,
  roles TEXT NOT NULL,              -- JSON array
  description TEXT NOT NULL,
  doc TEXT NOT NULL,                -- canonical JSON of the parsed skill, og-skill(5)
  active INTEGER NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (name, hash)
) WITHOUT ROWID;
CREATE UNIQUE INDEX og_skill_active ON og_skill(name) WHERE active = 1;
-- type: GOVERNS, DEPENDS_ON, NEXT (skill to skill), TOUCHES (skill to table).
CREATE TABLE og_edge (                                          -- source
  source TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (source, type, target)
) WITHOUT ROWID;

CREATE TABLE og_policy (                                        -- source
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('law','email','internal_doc','policy')),
  clearance INTEGER NOT NULL,
  node TEXT NOT NULL,               -- name of the skill it governs
  title TEXT NOT NULL,
  body TEXT NOT NULL,               -- the text as it was added
  limits TEXT NOT NULL DEFAULT '{}',-- JSON object name -> number
  rule TEXT,                        -- SQL predicate over bound variables, or NULL
  approval TEXT,                    -- SQL predicate: true asks for another's consent
  approver_clearance INTEGER,       -- who may give it; NULL: the policy's clearance
  approval_seconds INTEGER,         -- how long the question stands; NULL: a day
  rule_step TEXT,                   -- rule and approval are judged before this step
  message TEXT,                     -- said when the rule refuses, or with the question
  effective TEXT, expires TEXT,     -- first and last day it binds (UTC, YYYY-MM-DD), or NULL
  supersedes TEXT,                  -- name of the policy it takes the place of, or NULL
  active INTEGER NOT NULL DEFAULT 1,
  created TEXT NOT NULL
);
CREATE UNIQUE INDEX og_policy_active ON og_policy(name) WHERE active = 1;
CREATE INDEX og_policy_name ON og_policy(name);
CREATE INDEX og_policy_heir ON og_policy(supersedes) WHERE active = 1 AND supersedes IS NOT NULL;
CREATE INDEX og_policy_node ON og_policy(node) WHERE active = 1;
CREATE INDEX og_policy_supersedes ON og_policy(supersedes, name, clearance, effective, expires)
  WHERE active = 1 AND supersedes IS NOT NULL;
CREATE TABLE og_passage (                                       -- derived
  id INTEGER PRIMARY KEY,
  policy INTEGER NOT NULL REFERENCES og_policy(id),
  node TEXT NOT NULL, clearance INTEGER NOT NULL,
  ordinal INTEGER NOT NULL, heading TEXT NOT NULL, line INTEGER NOT NULL,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,             -- hex SHA-256 of heading, newline, text: what is embedded
  last INTEGER NOT NULL DEFAULT 0   -- line where it ends
);
CREATE INDEX og_passage_policy ON og_passage(policy);
CREATE INDEX og_passage_node ON og_passage(node, clearance);
CREATE INDEX og_passage_clearance ON og_passage(clearance);
CREATE INDEX og_passage_digest ON og_passage(digest);
CREATE VIRTUAL TABLE og_passage_fts USING fts5 (heading, text,
  content='og_passage', content_rowid='id', tokenize='porter unicode61');  -- derived

-- What a search knows of all passages without reading one: those of an active
-- policy follow each other. sizes: the tokens of each one's heading and text,
-- 16 bits each, the low ones first.
CREATE TABLE og_sizes (                                         -- derived
  first INTEGER PRIMARY KEY,        -- number of its first passage
  policy INTEGER NOT NULL REFERENCES og_policy(id),
  node TEXT NOT NULL, clearance INTEGER NOT NULL, source TEXT NOT NULL,
  sizes BLOB NOT NULL
);
CREATE INDEX og_sizes_policy ON og_sizes(policy);
CREATE INDEX og_sizes_node ON og_sizes(node);

-- What stores elsewhere have still to take: written with the entry that
-- intends it, gone with the entry that says how it went.
CREATE TABLE og_remote (                                        -- derived
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- in this order, never the same again
  store TEXT NOT NULL,              -- graph, vectors
  name TEXT NOT NULL,               -- of the skill or policy
  hash TEXT NOT NULL,               -- the version that is to be there; '': none
  seq INTEGER NOT NULL,             -- the entry that intends it; 0: embeddings came
  tries INTEGER NOT NULL DEFAULT 0,
  why TEXT NOT NULL DEFAULT '',     -- what the last try came to
  UNIQUE (store, name)
);
CREATE INDEX og_remote_seq ON og_remote(seq);

-- A task as the shield knows it. derived: rebuilt by nobody, proved by the ledger.
CREATE TABLE og_task (                                          -- derived
  id TEXT PRIMARY KEY NOT NULL,     -- UUIDv7 of the envelope
  digest TEXT NOT NULL,             -- hex SHA-256 of the canonical envelope without "sig"
  principal INTEGER NOT NULL,
  key TEXT,                         -- idempotency key
  epoch INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL,               -- the sentence, or the action as JSON
  submitted TEXT NOT NULL, begun TEXT, finished TEXT,
  skill TEXT, skill_hash TEXT,      -- frozen at the first step
  vars TEXT NOT NULL DEFAULT '{}',  -- JSON: bound variables
  next_step INTEGER NOT NULL DEFAULT 0,
  first_seq INTEGER, last_seq INTEGER,
  result TEXT,                      -- the result document
  envelope TEXT NOT NULL,
  reads TEXT NOT NULL DEFAULT '[]', -- JSON: what was read, for the finish entry
  same_as TEXT,                     -- the task of the same key that stands for this one
  deadline TEXT,                    -- no step is begun after it
  trace TEXT,                       -- W3C traceparent of the envelope
  waits TEXT,                       -- JSON: what it waits for, og-channel(5)
  rights TEXT,                      -- JSON: role, clearance, grants, frozen with the skill
  effect TEXT                       -- JSON: the effect outside that is not closed yet
);
CREATE UNIQUE INDEX og_task_key ON og_task(principal, key) WHERE key IS NOT NULL;
CREATE INDEX og_task_state ON og_task(state, id);
CREATE INDEX og_task_finished ON og_task(finished, state) WHERE finished IS NOT NULL;
CREATE INDEX og_task_whose ON og_task(principal, id);
CREATE INDEX og_task_same ON og_task(same_as) WHERE same_as IS NOT NULL;
-- Steps done, with the reply given. phase: 'do' or 'undo'.
CREATE TABLE og_journal (                                       -- derived
  task TEXT NOT NULL, ordinal INTEGER NOT NULL, phase TEXT NOT NULL,
  step TEXT NOT NULL, digest TEXT NOT NULL, reply TEXT NOT NULL,
  changes TEXT, vars TEXT, seq INTEGER,
  rank INTEGER NOT NULL,            -- in which order they were done, or undone
  PRIMARY KEY (task, phase, ordinal)
) WITHOUT ROWID;
-- What a model was asked for a task, by the digest of the request, what it
-- answered and what that came to. A turn is reserved before it is asked and
-- settled after; what it costs counts from the reservation on.
CREATE TABLE og_turn (                                          -- derived
  task TEXT NOT NULL, turn INTEGER NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL,              -- reserved, answered, failed
  tokens INTEGER NOT NULL,          -- reserved, then used
  nanousd INTEGER NOT NULL,         -- likewise, 10^-9 USD
  digest TEXT,                      -- hex SHA-256 of the request's body
  answer TEXT,                      -- JSON, og-channel(5)
  usage TEXT,                       -- JSON, or NULL when it is not known
  time TEXT NOT NULL,               -- of the answer; before, of the reservation
  size INTEGER NOT NULL DEFAULT 0,  -- bytes of the answer
  day TEXT NOT NULL DEFAULT '',     -- where its cost counts, as in og_spend
  skill TEXT NOT NULL DEFAULT '',
  seq INTEGER,                      -- of its ledger entry
  PRIMARY KEY (task, turn)
) WITHOUT ROWID;
-- Numbered requests of a task and what was answered: the same number again
-- gets the same answer, and a rerun needs no database.
CREATE TABLE og_call (                                          -- derived
  task TEXT NOT NULL, call INTEGER NOT NULL,
  verb TEXT NOT NULL, digest TEXT NOT NULL,
  size INTEGER NOT NULL,            -- bytes of the reply, before it: summed up often
  reply TEXT NOT NULL,
  PRIMARY KEY (task, call)
) WITHOUT ROWID;
-- What models cost, by UTC day: scope all, principal, skill, task or model.
CREATE TABLE og_spend (                                         -- derived
  day TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,
  calls INTEGER NOT NULL, tokens INTEGER NOT NULL, nanousd INTEGER NOT NULL,
  PRIMARY KEY (day, scope, name)
) WITHOUT ROWID;
CREATE INDEX og_spend_scope ON og_spend(scope, name);
-- The breaker of each provider: closed, open until a time, or probing.
CREATE TABLE og_provider (                                      -- derived
  name TEXT PRIMARY KEY NOT NULL,
  state TEXT NOT NULL, failures INTEGER NOT NULL,
  until TEXT, probe TEXT, why TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
-- Embeddings of texts, by what made them and the text's digest.
CREATE TABLE og_vector (                                        -- derived
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL, dimension INTEGER NOT NULL,
  task TEXT NOT NULL,               -- document, query
  digest TEXT NOT NULL,             -- hex SHA-256 of the text
  vector BLOB NOT NULL,             -- 32-bit floats, little endian, of length 1
  UNIQUE (digest, task, model, dimension)
);
CREATE INDEX og_vector_space ON og_vector(model, dimension, task);
-- The vectors of passages as they are searched, up to 64 of a node in a row.
CREATE TABLE og_block (                                         -- derived
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL, dimension INTEGER NOT NULL,
  node TEXT NOT NULL,
  stamp INTEGER NOT NULL,           -- another one, by chance, at every change
  used INTEGER NOT NULL,            -- slots
  slots BLOB NOT NULL,              -- which passage, which vector, who may see it
  high BLOB NOT NULL,               -- steps, and the values in 8 bits each: the upper four,
  low BLOB NOT NULL                 -- and the lower
);
CREATE INDEX og_block_room ON og_block(model, dimension, node, used, stamp);
CREATE INDEX og_block_node ON og_block(node);
-- What was learned from the skills' sentences, as bytes; one row at most.
CREATE TABLE og_learned (                                       -- derived
  digest BLOB PRIMARY KEY NOT NULL, -- SHA-256 of the sentences
  bytes BLOB NOT NULL
);
CREATE TABLE og_counter (                                       -- derived
  name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL
) WITHOUT ROWID;
-- What signed envelopes said about tasks, known ones or not.
CREATE TABLE og_consent (                                       -- derived
  id TEXT PRIMARY KEY NOT NULL,     -- of the envelope
  hash TEXT NOT NULL,               -- hex SHA-256 of it without "sig"
  task TEXT NOT NULL,
  kind TEXT NOT NULL,               -- of the envelope: cancel, approve, resolve
  said TEXT NOT NULL,               -- its state: approved, rejected, retry, ...; or ''
  digest TEXT NOT NULL,             -- of what is approved; or ''
  principal INTEGER NOT NULL,
  state TEXT NOT NULL,              -- given; used or void when it counts no more
  expires TEXT NOT NULL,            -- it must be used by then
  envelope TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX og_consent_task ON og_consent(task, kind);

-- The ledger. Append-only; og_ledger_append is the one writer.
CREATE TABLE audit_ledger (
  seq INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  hash TEXT NOT NULL,
  salt BLOB, body TEXT,
  time TEXT NOT NULL, principal TEXT NOT NULL, action TEXT NOT NULL,
  node TEXT NOT NULL, task TEXT NOT NULL
);
CREATE INDEX audit_ledger_task ON audit_ledger(task) WHERE task <> '';
CREATE TRIGGER audit_ledger_no_delete BEFORE DELETE ON audit_ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER audit_ledger_no_update BEFORE UPDATE ON audit_ledger
WHEN NOT (NEW.body IS NULL AND NEW.salt IS NULL AND OLD.body IS NOT NULL
  AND NEW.seq = OLD.seq AND NEW.entry = OLD.entry AND NEW.hash = OLD.hash
  AND NEW.time = OLD.time AND NEW.principal = OLD.principal
  AND NEW.action = OLD.action AND NEW.node = OLD.node AND NEW.task = OLD.task)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
