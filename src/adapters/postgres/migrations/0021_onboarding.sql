-- What a repository's agreement says about the risk of changes there, for the signals that no file of it shows.
alter table gander.repository
  -- Lists of texts; empty means that nothing is said.
  add column domains      json not null default '[]',
  add column data_classes json not null default '[]',
  -- Null means that nobody said.
  add column runtime      text check (runtime in ('production', 'background', 'customer_api', 'internal_tool', 'library')),
  -- Share of lines that tests reach; null means that nobody measured.
  add column coverage     double precision check (coverage between 0 and 1);
