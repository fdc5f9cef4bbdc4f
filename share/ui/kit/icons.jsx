// The few pictures, each a single stroke; none carries meaning alone.
const PATHS = {
	check: 'M3.5 8.5l3 3 6-7',
	cross: 'M4 4l8 8M12 4l-8 8',
	alert: 'M8 5.5v3.5m0 2.5v.01M7.1 2.3L1.5 12.4a1 1 0 00.9 1.6h11.2a1 1 0 00.9-1.6L8.9 2.3a1 1 0 00-1.8 0z',
	info: 'M8 7.2V11m0-6v.01M14.2 8A6.2 6.2 0 111.8 8a6.2 6.2 0 0112.4 0z',
	down: 'M8 3v10M4 9l4 4 4-4',
	up: 'M8 13V3M4 7l4-4 4 4',
	link: 'M6.7 9.3l2.6-2.6M7 4.6l1.3-1.3a3 3 0 014.3 4.3L11.2 9M9 11.3l-1.3 1.4a3 3 0 01-4.3-4.3L4.8 7',
	search: 'M7 12A5 5 0 107 2a5 5 0 000 10zm3.6-1.4L14 14',
	copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
	undo: 'M3 7h7a3.5 3.5 0 010 7H6M6 3.5L2.5 7 6 10.5',
};

export function Icon({ name, size = 16 }) {
	return (
		<svg className="ic" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}
