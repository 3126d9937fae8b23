export function enhanceBlocks() {}
