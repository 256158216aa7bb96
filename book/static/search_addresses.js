// Pages of book/pages are published at the top of the site: tell the search so.
const setIndex = Search.setIndex;
Search.setIndex = (index) => {
  index.docnames = index.docnames.map((name) => name.replace(/^book\/pages\//, ""));
  setIndex(index);
};
