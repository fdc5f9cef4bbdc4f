// The ledger: the chain entry by entry, and all of it at a glance. The rail
// is solid as far as everything was confirmed; it ends at the first entry
// that was changed, and what comes after that is not confirmed, not bad.
import { changed } from './compare.js';
import { format } from './format.js';
import { Icon } from './icons.jsx';
import { cx, isNumber, num, objects, oneOf, text } from './values.js';

const MARKS = { ok: ['check', 11], broken: ['cross', 11], suspect: ['link', 10] };
const SAID = { ok: 'verified', broken: 'changed after it was written', suspect: 'not confirmed' };

const stateOf = entry => oneOf(entry.state, ['ok', 'broken', 'suspect'], '');

function Hashes({ entry }) {
	const parts = [['prev', entry.prev], ['row', entry.hash], ['node', entry.node]].filter(part => text(part[1]));

	if (parts.length === 0)
		return null;
	return (
		<span className="hash">
			{parts.map(([name, value]) => (
				<span key={name}>
					{name} <b title={text(value)}>{name === 'node' ? text(value) : format(value, 'hash')}</b>
				</span>
			))}
		</span>
	);
}

function Marked({ parts, as: Mark }) {
	return <>{parts[0]}{parts[1] && <Mark>{parts[1]}</Mark>}{parts[2]}</>;
}

// What stands there now beside what was witnessed, the difference marked.
function Evidence({ entry }) {
	const stored = text(entry.stored) || text(entry.detail), witnessed = text(entry.witnessed);
	const [now, then] = changed(stored, witnessed);
	const pair = (name, value) => value && <div><dt>{name}</dt><dd>{value}</dd></div>;

	return (
		<dl className="og-diff">
			{pair('Problem', text(entry.problem))}
			{witnessed && pair('Stored text', <Marked parts={now} as="del" />)}
			{witnessed && pair('Witnessed text', <Marked parts={then} as="ins" />)}
			{pair('Recorded hash', text(entry.hash))}
			{pair('Recomputed', text(entry.recomputed))}
		</dl>
	);
}

function Entry({ entry }) {
	const state = stateOf(entry), [mark, size] = MARKS[state] ?? MARKS.suspect;
	const who = [text(entry.what), text(entry.agent), text(entry.principal)].filter(Boolean).join(', ');
	const broken = state === 'broken', detail = broken && text(entry.witnessed) ? '' : text(entry.detail);

	return (
		<li className={cx('og-blk', state)}>
			<span className="rail"><span className="node"><Icon name={mark} size={size} /></span></span>
			<div className="box">
				<span className="id">#{format(entry.seq, 'id')}</span>
				<span className="act">
					{text(entry.title)}<em>{who}</em>
					{state && <span className="vh">, {SAID[state]}</span>}
				</span>
				{text(entry.time) && <time className="when">{format(entry.time, 'date')}</time>}
				{detail && <span className="det" title={detail}>{detail}</span>}
				{broken ? <Evidence entry={entry} /> : <Hashes entry={entry} />}
			</div>
		</li>
	);
}

const place = (seq, title) => ({ seq, title, what: 'of this task' });

// First to last; entries that the document does not describe are named.
function withEnds({ first, last, entries }) {
	const all = objects(entries).filter(entry => isNumber(entry.seq));

	if (!isNumber(first) || !isNumber(last))
		return all;
	const out = [...all];

	if (all.length === 0 || all[0].seq > first)
		out.unshift(place(first, last > first ? 'First entry' : 'Entry'));
	if (last > first && (all.length === 0 || all[all.length - 1].seq < last))
		out.push(place(last, 'Last entry'));
	return out;
}

export function Chain(props) {
	const entries = withEnds(props);
	const checked = entries.some(entry => stateOf(entry));

	return (
		<>
			<ol className="og-chain" aria-label="Ledger entries, oldest first">
				{entries.map((entry, i) => <Entry key={`${entry.seq} ${i}`} entry={entry} />)}
			</ol>
			{text(props.head) && <dl className="og-hash"><dt>Head after it</dt><dd>{text(props.head)}</dd></dl>}
			{text(props.check) && (
				<p className="og-help">
					{checked ? 'Check it yourself with ' : 'Recorded, not checked by this page. Check it with '}
					<span className="mono">{text(props.check)}</span>
				</p>
			)}
		</>
	);
}

const CELLS_MAX = 96;
const KINDS = [['.', 'o', 'verified'], ['x', 'x', 'changed'], ['?', 'q', 'not confirmed']];

// One cell for each entry, or for a range of them: the worst shows.
function cellsOf(states, from) {
	const n = states.length, cells = Math.min(n, CELLS_MAX);

	return Array.from({ length: cells }, (_, i) => {
		const start = Math.floor(i * n / cells), end = Math.max(start + 1, Math.floor((i + 1) * n / cells));
		const part = states.slice(start, end);

		return {
			kind: part.includes('x') ? 'x' : part.includes('?') ? 'q' : 'o',
			name: end - start > 1 ? `#${from + start} to #${from + end - 1}` : `#${from + start}`,
		};
	});
}

function countsOf(states) {
	const counts = { '.': 0, x: 0, '?': 0 };

	for (const state of states)
		counts[state === 'x' || state === '?' ? state : '.']++;
	return KINDS.map(([sign, kind, words]) => ({ kind, words, n: counts[sign] })).filter(count => count.n > 0);
}

export function Integrity({ states, from }) {
	const all = typeof states === 'string' ? states : '', first = num(from, 1), counts = countsOf(all);

	if (!all)
		return <p className="og-help">The ledger has no entries yet.</p>;
	return (
		<div className="og-map">
			<div
				className="row" role="img"
				aria-label={`${all.length} entries: ${counts.map(one => `${one.n} ${one.words}`).join(', ')}`}
			>
				{cellsOf(all, first).map((cell, i) => <i key={i} className={cell.kind} title={cell.name} />)}
			</div>
			<div className="ends">
				<span className="mono">#{first}</span>
				<span className="lg">
					{counts.map(one => (
						<span key={one.kind}><i className={one.kind} /><b>{format(one.n)}</b> {one.words}</span>
					))}
				</span>
				<span className="mono">#{first + all.length - 1}</span>
			</div>
		</div>
	);
}
