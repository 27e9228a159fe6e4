// Stack's hooks wait for the API, and this is what a visitor sees meanwhile.
export default function Loading() {
  return <p>Loading</p>;
}
