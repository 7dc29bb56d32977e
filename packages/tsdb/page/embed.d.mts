/** The page, and the hashes of what may run and style it. */
export function createPage(): { page: string; styleHash: string; scriptHash: string };
