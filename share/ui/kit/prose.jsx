// Words to be read exactly: statements, commands, sources, differences.
import { useEffect, useRef, useState } from 'react';
import { lines, pairs } from './compare.js';
import { useHost } from './context.js';
import { Badge } from './figures.jsx';
import { Icon } from './icons.jsx';
import { cx, num, text } from './values.js';

const KEYWORDS = 'SELECT FROM WHERE AND OR NOT JOIN ON ORDER GROUP BY LIMIT INSERT INTO VALUES UPDATE SET ' +
	'DELETE AS HAVING CREATE TABLE ALTER ADD COLUMN IS NULL IN WITH';
const TOKEN = new RegExp(`\\b(${KEYWORDS.replace(/ /g, '|')})\\b|('[^']*'?)|\\b(\\d[\\w.]*)`, 'g');
const MARKED_MAX = 50_000; // characters; longer texts stay plain

function tokens(words) {
	const out = [];
	let last = 0;

	if (words.length > MARKED_MAX)
		return words;
	for (const match of words.matchAll(TOKEN)) {
		out.push(words.slice(last, match.index));
		out.push(<span key={match.index} className={match[1] ? 'k' : match[2] ? 's' : 'n'}>{match[0]}</span>);
		last = match.index + match[0].length;
	}
	return [...out, words.slice(last)];
}

export function Code({ text: words }) {
	return <pre className="og-code" tabIndex={0} role="region" aria-label="Statement">{tokens(text(words))}</pre>;
}

// Whether the words can be put on the clipboard from here: a sealed frame
// cannot, unless its host does it.
function copier(host) {
	if (typeof host.copy === 'function')
		return words => host.copy(words);
	if (!navigator.clipboard?.writeText || window.origin === 'null')
		return null;
	return words => navigator.clipboard.writeText(words);
}

function Copy({ words }) {
	const copy = copier(useHost());
	const [said, say] = useState('');
	const timer = useRef(0);

	useEffect(() => () => clearTimeout(timer.current), []);
	if (!copy)
		return null;
	async function onClick() {
		try {
			await copy(words);
			say('Copied');
		} catch {
			say('Select it and copy by hand');
		}
		clearTimeout(timer.current);
		timer.current = setTimeout(() => say(''), 2500);
	}
	return (
		<button type="button" className="og-copy" onClick={onClick}>
			<Icon name={said === 'Copied' ? 'check' : 'copy'} size={13} />
			<span role="status">{said || 'Copy'}</span>
		</button>
	);
}

export function Command({ title, effect, text: words }) {
	const kind = text(effect);

	return (
		<div className="og-cmd">
			<h3>
				{text(title)}
				{kind && <Badge text={kind} tone={kind === 'read' ? '' : 'warn'} />}
				<Copy words={text(words)} />
			</h3>
			<pre className="og-code" tabIndex={0} role="region" aria-label={`Command: ${text(title) || 'to paste'}`}>
				{text(words)}
			</pre>
		</div>
	);
}

export function Citation({ policy, title, line, text: words }) {
	return (
		<figure className="og-cite">
			<blockquote>{text(words)}</blockquote>
			<figcaption>
				{text(title)} <span className="mono">{text(policy)}{num(line) > 0 && `:${num(line)}`}</span>
			</figcaption>
		</figure>
	);
}

const SIGNS = { same: ' ', del: '\u2212', ins: '+' };

function DiffLine({ line }) {
	const Mark = line.kind === 'del' ? 'del' : 'ins', parts = line.parts;

	return (
		<tr className={line.kind}>
			<td className="ln">{line.before ?? ''}</td>
			<td className="ln">{line.after ?? ''}</td>
			<td className="sg">
				<span aria-hidden="true">{SIGNS[line.kind]}</span>
				{line.kind !== 'same' && <span className="vh">{line.kind === 'del' ? 'removed' : 'added'}</span>}
			</td>
			<td className="tx">
				{parts ? <>{parts[0]}{parts[1] && <Mark>{parts[1]}</Mark>}{parts[2]}</> : line.text}
			</td>
		</tr>
	);
}

const DIFF_LINES = 2000;

export function Diff({ before, after, before_label: from, after_label: to }) {
	const all = pairs(lines(text(before), text(after)));
	const count = kind => all.filter(line => line.kind === kind).length;

	return (
		<div className="og-cmp">
			<p className="sum">
				<span>{text(from) || 'Before'} to {text(to) || 'after'}</span>
				<span><b className="bad">{SIGNS.del}{count('del')}</b> <b className="ok">+{count('ins')}</b></span>
			</p>
			<div className="og-scroll" tabIndex={0} role="region" aria-label="Changes">
				<table>
					<caption className="vh">{`${count('del')} lines removed, ${count('ins')} added`}</caption>
					<tbody>{all.slice(0, DIFF_LINES).map((line, i) => <DiffLine key={i} line={line} />)}</tbody>
				</table>
			</div>
			{all.length > DIFF_LINES && <p className={cx('sum')}>The first {DIFF_LINES} of {all.length} lines</p>}
		</div>
	);
}
