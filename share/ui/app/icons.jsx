// The pictures of the navigation: single strokes, none without its word.
const PATHS = {
	brand: 'M3 14V8.5a5 5 0 0110 0V14M5.8 14V9a2.2 2.2 0 014.4 0v5',
	command: 'M2.5 4l4 4-4 4M8.5 12.5h5',
	tasks: 'M2.5 4h1M6 4h7.5M2.5 8h1M6 8h7.5M2.5 12h1M6 12h7.5',
	approvals: 'M14 8A6 6 0 112 8a6 6 0 0112 0zM5.6 8.2l1.7 1.7 3.2-3.6',
	ledger: 'M5.5 5.5h5v5h-5zM8 2v3.5M8 10.5V14M2 8h3.5M10.5 8H14',
	explore: 'M4 6a2 2 0 100-4 2 2 0 000 4zm8 8a2 2 0 100-4 2 2 0 000 4zM4 6v3a3 3 0 003 3h3',
	budgets: 'M2.5 12.5a6 6 0 1111 0M8 10l2.8-3.6',
	services: 'M1.5 8h3l2-5 3 10 2-5h3',
	theme: 'M8 2a6 6 0 100 12A6 6 0 008 2zm0 0v12',
	out: 'M6.5 2.5h-3a1 1 0 00-1 1v9a1 1 0 001 1h3M10 11l3-3-3-3M13 8H6',
	more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
	keys: 'M2 4.5h12v7H2zM4.5 7h.01M8 7h.01M11.5 7h.01M5.5 9.3h5',
	away: 'M2 2l12 12M4.6 8.4A5 5 0 016 7.5M8 4.6a8.6 8.6 0 016 2.3M8 12h.01',
};

export function Icon({ name, size = 16 }) {
	return (
		<svg className="ic" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}
