// The page that og-serve serves.
import { createRoot } from 'react-dom/client';

createRoot(document.getElementById('root')).render(<main className="og-page" />);
