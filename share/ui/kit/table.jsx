// A table to work with: filter, facets, order, pages, an action in each row.
import { useContext, useEffect, useId, useMemo, useRef, useState } from 'react';
import { ActionButton } from './actions.jsx';
import { Inside, actionOf, useHost } from './context.js';
import { Icon } from './icons.jsx';
import { usePrinting } from './measure.js';
import { Cell } from './table-cells.jsx';
import {
	cardRoles, columnsOf, facetCounts, facetOf, haystacks, matching, nextSort, rowParams, sorted, words,
} from './table-rows.js';
import { clamp, cx, get, isObject, num, objects, plural, text } from './values.js';

const SEARCH_ROWS = 9;
const PAGE_ROWS = 25;
const PRINT_ROWS = 2000;

// The one place that says what is shown: all, or what the person asked for.
function useView({ rows, columns, currency, facet, sort: first }) {
	const { locale } = useHost();
	const [query, setQuery] = useState('');
	const [chosen, choose] = useState(undefined);
	const [sort, setSort] = useState(isObject(first) && typeof first.key === 'string' ? first : null);
	const hay = useHay(rows, columns, currency, query !== '');
	const collator = useMemo(() => collatorFor(locale), [locale]);
	const found = useMemo(() => matching(rows, { query: hay ? query : '', hay, facet: facet?.key, chosen }),
		[rows, query, hay, facet, chosen]);
	const shown = useMemo(() => sorted(found, sort, collator), [found, sort, collator]);

	function clear() {
		setQuery('');
		choose(undefined);
	}
	const asked = query !== '' || chosen !== undefined;

	return { query, setQuery, chosen, choose, sort, setSort, shown, clear, asked };
}

const WARM_ROWS = 500;

// What to look through; of a long table made beforehand, while nothing else
// happens, so that the first keystroke does not wait for it.
function useHay(rows, columns, currency, wanted) {
	const [warm, setWarm] = useState(false);

	useEffect(() => {
		const timer = rows.length > WARM_ROWS && !warm ? setTimeout(() => setWarm(true), 200) : 0;

		return () => clearTimeout(timer);
	}, [rows.length, warm]);
	return useMemo(() => (warm || wanted ? haystacks(rows, columns, currency) : null),
		[rows, columns, currency, warm || wanted]);
}

function collatorFor(locale) {
	try {
		return new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
	} catch {
		return new Intl.Collator('en-GB', { numeric: true });
	}
}

const isField = node => node && /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName);

// "/" goes to the first filter of the page, as in many programs.
function useSlash(input) {
	useEffect(() => {
		function onKey(event) {
			if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isField(event.target))
				return;
			if (event.defaultPrevented || !input.current)
				return;
			event.preventDefault();
			input.current.focus();
		}
		document.addEventListener('keydown', onKey);
		return () => document.removeEventListener('keydown', onKey);
	}, []);
}

function Search({ query, onChange, label }) {
	const input = useRef(null);

	useSlash(input);
	return (
		<div className="og-search">
			<Icon name="search" size={14} />
			<input
				ref={input} type="search" value={query} placeholder="Filter" aria-label={`Filter ${label}`}
				autoComplete="off" spellCheck="false" onChange={event => onChange(event.target.value)}
				onKeyDown={event => {
					if (event.key === 'Escape') {
						onChange('');
						event.target.blur();
					}
				}}
			/>
			{!query && <kbd className="og-kbd" aria-hidden="true">/</kbd>}
		</div>
	);
}

function Facets({ counts, total, label, chosen, onChoose }) {
	const all = [[undefined, total], ...counts];

	return (
		<div className="og-seg" role="group" aria-label={`Show by ${label.toLowerCase()}`}>
			{all.map(([word, n]) => (
				<button
					key={word ?? '\u0001'} type="button" aria-pressed={chosen === word}
					onClick={() => onChoose(word)}
				>
					{word ?? 'All'}<span className="n">{n}</span>
				</button>
			))}
		</div>
	);
}

// Where headers have no room (cards on a phone) the order is chosen here.
function SortMenu({ columns, sort, onSort, label }) {
	const value = sort ? `${columns.findIndex(column => column.key === sort.key)} ${sort.dir ?? 'asc'}` : '';

	function onChange(event) {
		const [at, dir] = event.target.value.split(' ');

		onSort(event.target.value ? { key: columns[at].key, dir } : null);
	}
	return (
		<select className="og-in og-sortmenu" aria-label={`Order of ${label}`} value={value} onChange={onChange}>
			<option value="">As it came</option>
			{columns.flatMap((column, i) => ['asc', 'desc'].map(dir => (
				<option key={`${i} ${dir}`} value={`${i} ${dir}`}>
					{`${column.label}, ${dir === 'asc' ? 'ascending' : 'descending'}`}
				</option>
			)))}
		</select>
	);
}

function Heading({ column, sort, onSort }) {
	const on = sort?.key === column.key;
	const way = on ? (sort.dir === 'desc' ? 'descending' : 'ascending') : undefined;

	return (
		<th scope="col" className={column.right ? 'r' : undefined} aria-sort={way}>
			<button type="button" onClick={() => onSort(nextSort(sort, column.key))}>
				{column.label}
				<span className="ar"><Icon name={way === 'descending' ? 'down' : 'up'} size={11} /></span>
			</button>
		</th>
	);
}

function RowAction({ action, row, name }) {
	if (action.when !== undefined && !get(row, action.when))
		return null;
	const label = text(action.label) || text(action.action);

	return (
		<ActionButton
			action={action.action} label={label} kind="link" small params={rowParams(action.params, row)}
			name={`${label} ${name}`}
		/>
	);
}

function Row({ row, table }) {
	const { columns, roles, needle, currency, action } = table;

	return (
		<tr>
			{columns.map((column, i) => (
				<Cell key={column.key} column={column} row={row} role={roles[i]} needle={needle} currency={currency} />
			))}
			{action && (
				<td className="r c-act">
					<RowAction action={action} row={row} name={words(columns[0], row, currency)} />
				</td>
			)}
		</tr>
	);
}

function Pager({ page, pages, onPage, label }) {
	return (
		<nav className="og-pager" aria-label={`Pages of ${label}`}>
			<button
				type="button" className="og-btn ghost sm" disabled={page === 0} onClick={() => onPage(page - 1)}
			>
				Previous
			</button>
			<span>{page + 1} / {pages}</span>
			<button
				type="button" className="og-btn ghost sm" disabled={page >= pages - 1}
				onClick={() => onPage(page + 1)}
			>
				Next
			</button>
		</nav>
	);
}

function Nothing({ view, empty }) {
	return (
		<div className="og-empty">
			<b>{view.asked ? 'Nothing matches' : text(empty) || 'No rows'}</b>
			{view.asked && (
				<button type="button" className="og-btn sm" onClick={view.clear}>Clear filters</button>
			)}
		</div>
	);
}

const countOf = (shown, all) =>
	shown === all ? plural(all, 'row') : `${shown.toLocaleString('en-GB')} of ${plural(all, 'row')}`;

function Body({ title, props, rows, columns, id }) {
	const host = useHost();
	const printing = usePrinting();
	const facet = useMemo(() => facetOf(props.facet, columns, rows), [props.facet, columns, rows]);
	const counts = useMemo(() => facetCounts(rows, facet), [rows, facet]);
	const view = useView({ rows, columns, currency: props.currency, facet, sort: props.sort });
	const [wanted, setPage] = useState(0);
	const size = printing ? PRINT_ROWS : clamp(Math.trunc(num(props.page, PAGE_ROWS)), 1, 500);
	const pages = Math.max(1, Math.ceil(view.shown.length / size)), page = clamp(wanted, 0, pages - 1);
	const label = title || 'the table';
	const action = isObject(props.row_action) && actionOf(host, props.row_action.action) ? props.row_action : null;
	const table = {
		columns, action, currency: props.currency, needle: view.query.trim().toLowerCase(),
		roles: useMemo(() => cardRoles(columns), [columns]),
	};
	const search = typeof props.search === 'boolean' ? props.search : rows.length >= SEARCH_ROWS;
	const cards = columns.length + (action ? 1 : 0) > 3;
	const again = change => value => {
		change(value);
		setPage(0);
	};

	return (
		<div className="body">
			{(search || counts.length > 0) && (
				<div className="og-tbar">
					{search && <Search query={view.query} onChange={again(view.setQuery)} label={label} />}
					{counts.length > 0 && (
						<Facets
							counts={counts} total={rows.length} label={facet.label} chosen={view.chosen}
							onChoose={again(view.choose)}
						/>
					)}
					{cards && (
						<SortMenu columns={columns} sort={view.sort} onSort={again(view.setSort)} label={label} />
					)}
				</div>
			)}
			<div className="og-scroll" tabIndex={0} role="region" aria-label={`${label}, table`}>
				<table className={cx('og-table', 'live', cards && 'cards')} aria-labelledby={id}>
					<thead>
						<tr>
							{columns.map(column => (
								<Heading key={column.key} column={column} sort={view.sort} onSort={again(view.setSort)} />
							))}
							{action && <th scope="col" className="act"><span className="vh">Action</span></th>}
						</tr>
					</thead>
					<tbody>
						{view.shown.slice(page * size, (page + 1) * size).map((row, i) => (
							<Row key={page * size + i} row={row} table={table} />
						))}
					</tbody>
				</table>
				{view.shown.length === 0 && <Nothing view={view} empty={props.empty} />}
			</div>
			<div className="og-foot">
				<span aria-live="polite">{countOf(view.shown.length, rows.length)}</span>
				{text(props.note) && <span>{text(props.note)}</span>}
				{pages > 1 && <Pager page={page} pages={pages} onPage={setPage} label={label} />}
			</div>
		</div>
	);
}

// A folded table stands below a chart that has said most of it.
export function Table(props) {
	const inside = useContext(Inside);
	const id = useId();
	const rows = useMemo(() => objects(props.rows), [props.rows]);
	const columns = useMemo(() => columnsOf(props.columns, rows), [props.columns, rows]);
	const title = text(props.title);
	const name = title && <h2 id={id}>{title}</h2>;
	const body = <Body title={title} props={props} rows={rows} columns={columns} id={title ? id : undefined} />;
	const Frame = inside ? 'div' : 'section';

	return (
		<Frame className={inside ? 'og-inset' : 'og-card flush'} aria-labelledby={title && !inside ? id : undefined}>
			{props.folded === true ? (
				<details>
					<summary>{name || <h2>Values</h2>}the {plural(rows.length, 'value')}</summary>
					{body}
				</details>
			) : (
				<>
					{name && <header>{name}</header>}
					{body}
				</>
			)}
		</Frame>
	);
}
