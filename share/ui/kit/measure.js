// How much room there is, and whether it is paper.
import { useEffect, useLayoutEffect, useRef, useState } from 'react';

// [ref, width in CSS pixels]; 0 until it is known.
export function useWidth() {
	const ref = useRef(null);
	const [width, setWidth] = useState(0);

	useLayoutEffect(() => {
		const node = ref.current;

		if (!node)
			return undefined;
		const measure = () => setWidth(Math.round(node.getBoundingClientRect().width));
		const observer = new ResizeObserver(measure);

		measure();
		observer.observe(node);
		return () => observer.disconnect();
	}, []);
	return [ref, width];
}

// True while the page is laid out for a printer.
export function usePrinting() {
	const [printing, setPrinting] = useState(false);

	useEffect(() => {
		const media = window.matchMedia('print');
		const follow = () => setPrinting(media.matches);
		const start = () => setPrinting(true), end = () => setPrinting(false);

		media.addEventListener('change', follow);
		window.addEventListener('beforeprint', start);
		window.addEventListener('afterprint', end);
		return () => {
			media.removeEventListener('change', follow);
			window.removeEventListener('beforeprint', start);
			window.removeEventListener('afterprint', end);
		};
	}, []);
	return printing;
}
