// What must not be missed, and what can be done about it.
import { Icon } from './icons.jsx';
import { withoutTools } from './tools.jsx';
import { cx, text, tone } from './values.js';

const ICONS = { ok: 'check', info: 'info' };

export function Alert({ tone: kind, title, text: words, fix, children }) {
	const shown = tone(kind), [tools, rest] = withoutTools(children);

	return (
		<div className={cx('og-alert', shown)} role={shown === 'bad' ? 'alert' : 'status'}>
			<Icon name={ICONS[shown] ?? 'alert'} size={18} />
			<h2>{text(title)}</h2>
			{text(words) && <p>{text(words)}</p>}
			{text(fix) && <p>{text(fix)}</p>}
			{rest}
			{tools.length > 0 && <div className="acts">{tools}</div>}
		</div>
	);
}
