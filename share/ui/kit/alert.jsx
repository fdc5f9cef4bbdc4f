// What must not be missed, and what can be done about it.
import { Icon } from './icons.jsx';
import { cx, text, tone } from './values.js';

const ICONS = { ok: 'check', info: 'info' };

export function Alert({ tone: kind, title, text: words, fix, tools, children }) {
	const shown = tone(kind);

	return (
		<div className={cx('og-alert', shown)} role={shown === 'bad' ? 'alert' : 'status'}>
			<Icon name={ICONS[shown] ?? 'alert'} size={18} />
			<h2>{text(title)}</h2>
			{text(words) && <p>{text(words)}</p>}
			{text(fix) && <p>{text(fix)}</p>}
			{children}
			{tools && <div className="acts">{tools}</div>}
		</div>
	);
}
